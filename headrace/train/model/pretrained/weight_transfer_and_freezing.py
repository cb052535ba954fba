"""Initialise a model from a trained bundle, and freeze layers."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import keras
from numpy.typing import NDArray

from headrace.config.sections.training import FineTune
from headrace.contract import Contract
from headrace.errors import ConfigurationError
from headrace.train.model.pretrained.layer_paths import Node, weighted_layers
from headrace.train.model.pretrained.pretrained_bundle import (
    LayerWeights,
    PretrainedBundle,
    find_class_layers,
    find_token_layers,
)
from headrace.wording import join_names, quantity

log = logging.getLogger(__name__)


@dataclass
class Transfer:
    """The outcome for the layers of a model.

    Attributes:
        transferred: layers with weights of the pretrained bundle.
        initialized: newly initialised layers.
        incomplete: layers with only some of the pretrained bundle's weights, each with what is newly initialised.
        changes: differences between bundle and table, one sentence each.
    """

    transferred: list[Node] = field(default_factory=list)
    initialized: list[Node] = field(default_factory=list)
    incomplete: list[tuple[Node, str]] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)

    def report(self, source: str) -> None:
        """Log which layers were taken, which are newly initialised, and what differs."""
        names = [node.label for node in (*self.transferred, *(node for node, _ in self.incomplete))]
        log.info(
            "Initial weights from %s for the layers: %s; newly initialised layers: %s",
            source,
            ", ".join(names),
            ", ".join(node.label for node in self.initialized) or "none",
        )
        for change in self.changes:
            log.warning("%s", change)

    def require_trainable(self, before: Sequence[bool]) -> None:
        """Raise if a newly initialised layer is frozen: its random weights would never change.

        Args:
            before: whether each of `initialized` and `incomplete` was trained before layers were frozen.

        Raises:
            ConfigurationError: such a layer is frozen.
        """
        parts = self._parts()
        frozen = [text for (node, text), was in zip(parts, before, strict=True) if was and not _is_trained(node)]
        if frozen:
            raise ConfigurationError(
                "train.fine_tune.freeze freezes weights that the pretrained bundle does not have, which would stay "
                f"random: {join_names(frozen)}. Leave these layers out of freeze, or choose a bundle that has them."
            )

    def trained(self) -> list[bool]:
        """Return whether each of `initialized` and `incomplete` is trained."""
        return [_is_trained(node) for node, _ in self._parts()]

    def _parts(self) -> list[tuple[Node, str]]:
        return [(node, node.label) for node in self.initialized] + [
            (node, f"{n} of {node.label}") for node, n in self.incomplete
        ]


def fine_tune(model: keras.Model, pretrained: PretrainedBundle, contract: Contract, settings: FineTune) -> Transfer:
    """Assign the pretrained weights to `model`, which is built for `contract`, freeze layers, and return the transfer.

    Raises:
        ConfigurationError: no layer matches; it is ambiguous which weights a layer takes; a newly initialised layer is
            frozen; or `freeze` does not fit.
    """
    transfer = assign_weights(model, pretrained, contract)
    before = transfer.trained()
    freeze(model, settings.freeze)
    transfer.require_trainable(before)
    return transfer


def assign_weights(model: keras.Model, pretrained: PretrainedBundle, contract: Contract) -> Transfer:
    """Assign the pretrained bundle's weights to layers at the same position with equal weights, see `weighted_layers`.

    Weights of classes and of tokens follow their names, where those differ.

    Raises:
        ConfigurationError: no layer matches, it is ambiguous which weights a layer takes, or which weights belong to
            classes or tokens cannot be determined.
    """
    nodes, transfer = weighted_layers(model), Transfer(changes=list(pretrained.changes))
    heads = find_class_layers(model, contract, pretrained.classes, "the model")
    embeddings = [] if pretrained.tokens is None else find_token_layers(model, contract, "the model")
    _assign_classes(heads, pretrained, transfer)
    _assign_tokens(embeddings, pretrained, transfer, contract)
    mapped = {id(node.layer) for node in (*heads, *embeddings)}
    for node in nodes:
        if id(node.layer) not in mapped:
            weights = _matching(node, pretrained)
            if weights is not None:
                _assign(node, weights.values)
            (transfer.initialized if weights is None else transfer.transferred).append(node)
    if not transfer.transferred and not transfer.incomplete:
        raise ConfigurationError(
            f"No layer of the model has the position and shape of one in train.fine_tune.bundle {pretrained.source}; "
            f"expected some of {join_names(sorted({layer.label for layer in pretrained.layers.values()}))}; "
            f"the model has {join_names([node.label for node in nodes])}."
        )
    return transfer


def _matching(node: Node, pretrained: PretrainedBundle) -> LayerWeights | None:
    """Return the pretrained bundle's weights for the layer; None if there are none.

    Raises:
        ConfigurationError: the layer is shared, and the pretrained bundle has different layers in its places.
    """
    mapped = {id(layer) for layer in (*pretrained.head_layers, *pretrained.embedding_layers)}
    found = {id(pretrained.layers[path]): pretrained.layers[path] for path in node.paths if path in pretrained.layers}
    fitting = [layer for key, layer in found.items() if key not in mapped and layer.signature == node.signature]
    if len(fitting) > 1:
        raise ConfigurationError(
            f"The layer {node.label} of the model is shared, and train.fine_tune.bundle {pretrained.source} has "
            f"different layers in its places ({join_names([layer.label for layer in fitting])}); "
            "it is ambiguous which weights it takes."
        )
    return fitting[0] if fitting else None


def _assign_classes(heads: list[Node], pretrained: PretrainedBundle, transfer: Transfer) -> None:
    """Give each class the pretrained bundle's weights of the class of the same name."""
    if not heads:
        return
    match = pretrained.classes
    transfer.changes.append(
        f"The classes of the pretrained bundle and of the table differ: {match}. Weights follow their names."
    )
    pairs = _pairs(heads, pretrained.head_layers, slice(None, -1))
    if not match.shared or not pairs:
        transfer.initialized.extend(heads)
        return
    shared = [(new, old) for new, old in enumerate(match.columns) if old is not None]
    for node, weights in pairs:
        values = [keras.ops.convert_to_numpy(weight.value).copy() for weight in node.weights]
        for value, old in zip(values, weights.values, strict=True):
            for row, source in shared:
                value[..., row] = old[..., source]
        _assign(node, values)
        _add(
            transfer, node, f"the {quantity(len(match.new), 'new class')} {join_names(match.new)}" if match.new else ""
        )


def _assign_tokens(
    embeddings: list[Node], pretrained: PretrainedBundle, transfer: Transfer, contract: Contract
) -> None:
    """Give each token the pretrained bundle's weights of the token of the same text."""
    vocabulary = contract.vocabulary
    if pretrained.tokens is None or vocabulary is None:
        return
    size = vocabulary.vocabulary_size
    pairs = _pairs(embeddings, pretrained.embedding_layers, slice(1, None))
    shared = sorted(pretrained.tokens.items()) if pairs else []
    transfer.changes.append(
        f"The tokenizers of the pretrained bundle and of the table differ: {len(shared)} of the table's {size} tokens "
        "take the weights of the same token, the others are newly initialised."
    )
    if not shared:
        transfer.initialized.extend(embeddings)
        return
    rows, sources = map(list, zip(*shared, strict=True))
    for node, weights in pairs:
        values = [keras.ops.convert_to_numpy(weight.value).copy() for weight in node.weights]
        for number, old in enumerate(weights.values):
            if values[number].shape[0] == size:
                values[number][rows] = old[sources]
            else:
                values[number] = old
        _assign(node, values)
        _add(transfer, node, quantity(size - len(shared), "new token") if len(shared) < size else "")


def _pairs(nodes: list[Node], weights: Sequence[LayerWeights], kept: slice) -> list[tuple[Node, LayerWeights]]:
    """Return the model's layers with the pretrained bundle's; [] unless all are alike on the axes `kept`."""

    def alike(signature: tuple[tuple[str, tuple[int, ...], bool], ...]) -> list[Any]:
        return [(name, shape[kept], fractional) for name, shape, fractional in signature]

    if [alike(node.signature) for node in nodes] != [alike(layer.signature) for layer in weights]:
        return []
    return list(zip(nodes, weights, strict=True))


def _add(transfer: Transfer, node: Node, missing: str) -> None:
    if missing:
        transfer.incomplete.append((node, missing))
    else:
        transfer.transferred.append(node)


def _assign(node: Node, values: Sequence[NDArray[Any]]) -> None:
    for weight, value in zip(node.weights, values, strict=True):
        weight.assign(value)


def _is_trained(node: Node) -> bool:
    return any(weight.trainable for weight in node.weights)


def freeze(model: keras.Model, patterns: Sequence[str]) -> None:
    """Freeze the layers whose name matches one of `patterns`; frozen batch norms keep their statistics.

    Raises:
        ConfigurationError: a pattern matches no layer, or nothing is left to train.
    """
    layers = [layer for layer in model._flatten_layers(include_self=False) if layer.weights]
    for pattern in patterns:
        matching = [layer for layer in layers if fnmatchcase(layer.name, pattern)]
        if not matching:
            names = join_names([layer.name for layer in layers])
            raise ConfigurationError(f"train.fine_tune.freeze: no layer is named {pattern!r}; the model has {names}.")
        for layer in matching:
            layer.trainable = False
    if not model.trainable_variables:
        raise ConfigurationError(f"train.fine_tune.freeze {list(patterns)} leaves no layer to train.")
