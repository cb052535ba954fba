"""Load the bundle that fine-tuning starts from: its weights by layer, and how its classes and tokens compare."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
from numpy.typing import NDArray

from headrace import bundle as bundles
from headrace.config.sections.training import FineTune
from headrace.contract import Contract
from headrace.contract_comparison import ClassMatch, transfer_changes
from headrace.errors import ConfigurationError
from headrace.prepare.text.tokenizer import load_tokenizer
from headrace.table import Version
from headrace.train.model.pretrained.class_head_and_token_embedding_detection import (
    find_embedding_layers,
    find_head_layers,
)
from headrace.train.model.pretrained.layer_paths import Node, Path, weighted_layers


@dataclass(frozen=True)
class LayerWeights:
    """The own weights of one layer; see `Node`."""

    label: str
    signature: tuple[tuple[str, tuple[int, ...], bool], ...]
    values: tuple[NDArray[Any], ...]


@dataclass(frozen=True)
class PretrainedBundle:
    """The weights of a bundle, and how its classes and tokens compare with the table's.

    Attributes:
        source: address of the bundle.
        layers: weights by every path to their layer.
        classes: classes of bundle and table.
        head_layers: layers with weights of classes; only if the classes differ.
        embedding_layers: layers with weights of tokens; only if the tokenizers differ.
        tokens: id in the bundle of each token that has the same meaning in both; None if the tokenizers are equal.
        changes: other differences, one sentence each.
    """

    source: str
    layers: Mapping[Path, LayerWeights]
    classes: ClassMatch
    head_layers: tuple[LayerWeights, ...] = ()
    embedding_layers: tuple[LayerWeights, ...] = ()
    tokens: Mapping[int, int] | None = None
    changes: list[str] = field(default_factory=list)


def load_pretrained_bundle(settings: FineTune, version: Version) -> PretrainedBundle:
    """Return the bundle's weights; call this before a model is built.

    Raises:
        ConfigurationError: classes or tokens differ, and which weights belong to them cannot be determined.
        DataError: the bundle is missing or damaged, or its inputs are of another kind than those of `version`.
    """
    bundle = bundles.load(settings.bundle)
    pretrained, table = bundle.contract, version.contract
    changes = transfer_changes(pretrained, table, version.table)
    match, tokens = ClassMatch(pretrained.classes, table.classes), _shared_tokens(bundle, version)
    model = bundle.model()
    weights = {node.paths: _copy(node) for node in weighted_layers(model)}
    heads = find_class_layers(model, pretrained, match, f"the bundle {settings.bundle}")
    embeddings = [] if tokens is None else find_token_layers(model, pretrained, f"the bundle {settings.bundle}")
    loaded = PretrainedBundle(
        source=settings.bundle,
        layers={path: layer for paths, layer in weights.items() for path in paths},
        classes=match,
        head_layers=tuple(weights[node.paths] for node in heads),
        embedding_layers=tuple(weights[node.paths] for node in embeddings),
        tokens=tokens,
        changes=changes,
    )
    # Keras numbers layers across the process; without this, a second model's layers would have other names.
    keras.utils.clear_session()
    return loaded


def find_class_layers(model: keras.Model, contract: Contract, match: ClassMatch, name: str) -> list[Node]:
    """Return the layers with weights of classes; [] if nothing has to be mapped, as the classes are equal.

    Raises:
        ConfigurationError: the classes differ, and the layers cannot be determined.
    """
    if match.is_equal or not (match.model and match.table):
        return []
    found = find_head_layers(model, contract)
    if not found:
        raise ConfigurationError(
            f"train.fine_tune: the pretrained bundle's classes and the table's differ ({match}), and which weights of "
            f"{name} belong to which class cannot be determined; expected a network that ends with a layer with one "
            "output per class, such as Dense. Prepare the table with the bundle's classes in the "
            "bundle's order, or train without fine_tune."
        )
    return found


def find_token_layers(model: keras.Model, contract: Contract, name: str) -> list[Node]:
    """Return the layers with weights of tokens.

    Raises:
        ConfigurationError: the layers cannot be determined.
    """
    found = find_embedding_layers(model, contract)
    if not found:
        raise ConfigurationError(
            f"train.fine_tune: the pretrained bundle's tokenizer and the table's differ, and which weights of {name} "
            "belong to which token cannot be determined; expected a network that begins with an Embedding of its "
            "tokens. Prepare the table with the pretrained bundle's tokenizer, or train without fine_tune."
        )
    return found


def _copy(node: Node) -> LayerWeights:
    values = tuple(keras.ops.convert_to_numpy(weight.value) for weight in node.weights)
    return LayerWeights(node.label, node.signature, values)


def _shared_tokens(bundle: bundles.Bundle, version: Version) -> dict[int, int] | None:
    """Return the ids of shared tokens, id in the table -> id in the bundle; None if the tokenizers are equal.

    A whole word and a word piece with the same spelling are different tokens.
    """
    pretrained, table = bundle.contract.vocabulary, version.contract.vocabulary
    if pretrained is None or table is None or pretrained.sha256 == table.sha256:
        return None
    if pretrained.kind != table.kind:
        return {}
    known = load_tokenizer(bundle.folder, pretrained).get_vocab()
    names = load_tokenizer(version.table, table).get_vocab()
    return {number: known[name] for name, number in names.items() if name in known}
