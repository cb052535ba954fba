"""Initial weights go to the layer at the same position, the class of the same name and the token of the same text."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from headrace.config.sections.training import FineTune
from headrace.contract import Contract
from headrace.contract_comparison import transfer_changes
from headrace.errors import ConfigurationError, DataError
from headrace.features.contract_spec import Statistics
from headrace.features.text.contract_spec import TextSpec
from headrace.features.windows.contract_spec import WindowSpec
from headrace.networks.network_build_and_checks import build_model
from headrace.table import Version
from headrace.train.model.pretrained.pretrained_bundle import load_pretrained_bundle
from headrace.train.model.pretrained.weight_transfer_and_freezing import Transfer, fine_tune
from tests.support.shipped_networks import MODELS, SMALL, contract_for
from tests.support.small_table import CLASSES, Content, some_images, some_rows, write_table
from tests.support.trained_bundles import text_table, write

pytestmark = pytest.mark.tensorflow

HEADER = """
import keras
from keras import layers


def build(contract, width=8, shared=False, end="Dense"):
    inputs = keras.Input(contract.input_shape)
    x = layers.Flatten()(layers.Rescaling(1 / 255)(inputs))
"""
DENSE = (
    HEADER
    + """
    x = layers.Dense(width, activation="relu", name="hidden")(x)
    return keras.Model(inputs, layers.Dense(contract.outputs, activation="softmax", name="head")(x))
"""
)
TWINS = (
    HEADER.replace(
        "\n\ndef",
        """

class Twins(layers.Layer):
    def __init__(self, shared):
        super().__init__()
        self.first = layers.Dense(8, name="part")
        self.second = self.first if shared else layers.Dense(8, name="part")
        self.more = [layers.Dense(8, name="part"), layers.Dense(8, name="part")]

    def build(self, shape):
        for part in (self.first, self.second, *self.more):
            if not part.built:
                part.build((None, 8))

    def call(self, x):
        return self.more[1](self.more[0](keras.ops.tanh(self.second(keras.ops.tanh(self.first(x))))))


def""",
    )
    + """
    x = Twins(shared)(layers.Dense(8)(x))
    return keras.Model(inputs, layers.Dense(contract.outputs, activation="softmax")(x))
"""
)
SLICED = (
    HEADER
    + """
    x = layers.Dense(contract.outputs + 1)(x)
    return keras.Model(inputs, layers.Softmax()(x[:, :-1]))
"""
)


def with_contract(version: Version, **changes: Any) -> Version:
    """Return `version` with another contract."""
    contract = version.contract.model_copy(update=changes)
    return Version(
        table=version.table,
        number=version.number,
        shards=version.shards,
        summary=version.summary.model_copy(update={"contract": contract}),
    )


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """Write a table of the classes coat, bag and boot."""
    return write_table(tmp_path_factory.mktemp("data") / "table", Content(splits={"train": some_rows(12)}))


class Workshop:
    """A pretrained bundle of one network, and models that are fine-tuned from it."""

    def __init__(self, folder: Path, version: Version, source: str | Path) -> None:
        self.file = folder / "network.py"
        self.file.write_text(source if isinstance(source, str) else source.read_text())
        self.version, self.options = version, {} if isinstance(source, str) else dict(SMALL[source.stem])
        keras.utils.set_random_seed(1)
        self.model = build_model(self.file, version.contract, self.options)
        # Weights that no initializer gives, biases too.
        random = np.random.default_rng(2)
        self.model.set_weights([random.normal(0, 0.4, w.shape).astype("float32") for w in self.model.get_weights()])
        self.bundle = write(folder / "bundle", self.file, self.model, version, self.options)

    def tune(self, version: Version, freeze: Sequence[str] = (), **options: Any) -> tuple[Any, Transfer]:
        """Return the model for `version` and what became of its layers."""
        settings = FineTune(bundle=str(self.bundle), freeze=tuple(freeze))
        pretrained = load_pretrained_bundle(settings, version)
        keras.utils.set_random_seed(7)
        model = build_model(self.file, version.contract, self.options | options)
        return model, fine_tune(model, pretrained, version.contract, settings)


@pytest.fixture
def dense(tmp_path: Path, version: Version) -> Workshop:
    """Return the pretrained bundle of a network with one hidden layer."""
    return Workshop(tmp_path, version, DENSE)


PIXELS = some_images(5).astype("float32")


def test_sublayers_of_one_name_keep_their_own_weights(tmp_path: Path, version: Version) -> None:
    workshop = Workshop(tmp_path, version, TWINS)
    model, transfer = workshop.tune(version)
    assert np.array_equal(model(PIXELS), workshop.model(PIXELS))
    assert transfer.initialized == []
    assert len({node.label for node in transfer.transferred}) == len(transfer.transferred) == 6


def test_shared_layer_with_two_pretrained_layers_is_refused(tmp_path: Path, version: Version) -> None:
    workshop = Workshop(tmp_path, version, TWINS)
    with pytest.raises(
        ConfigurationError, match=r"twins/first of the model is shared, .*twins(_\d)?/first, twins(_\d)?/second"
    ):
        workshop.tune(version, shared=True)


def test_pretrained_bundle_without_a_layer_in_common_is_refused(dense: Workshop, version: Version) -> None:
    with pytest.raises(ConfigurationError, match="expected some of head, hidden; the model has hidden, head"):
        dense.tune(version, width=9)


def test_classes_in_another_order_keep_their_probabilities(
    dense: Workshop, version: Version, caplog: pytest.LogCaptureFixture
) -> None:
    turned = with_contract(version, classes=CLASSES[::-1])
    model, transfer = dense.tune(turned, freeze=["head"])
    assert np.asarray(model(PIXELS)) == pytest.approx(np.asarray(dense.model(PIXELS))[:, ::-1], abs=1e-6)
    with caplog.at_level(logging.INFO):
        transfer.report("pretrained")
    assert "the same 3 classes in another order: coat, bag, boot and boot, bag, coat" in caplog.text
    assert "for the layers: head, hidden; newly initialised layers: none" in caplog.text


def test_new_classes_are_initialized_and_lost_classes_are_dropped(dense: Workshop, version: Version) -> None:
    changed = with_contract(version, classes=("hat", "boot", "scarf", "coat"))
    model, transfer = dense.tune(changed)
    kernel, bias = model.get_layer("head").get_weights()
    before, _ = dense.model.get_layer("head").get_weights()
    assert np.array_equal(kernel[:, [3, 1]], before[:, [0, 2]])
    assert bias[[0, 2]].tolist() == [0, 0]
    assert [(node.label, text) for node, text in transfer.incomplete] == [("head", "the 2 new classes hat, scarf")]
    assert "only the model has bag, only the table has hat, scarf" in transfer.changes[0]
    with pytest.raises(ConfigurationError, match="would stay random: the 2 new classes hat, scarf of head"):
        dense.tune(changed, freeze=["head"])


def test_head_without_common_class_is_initialized(dense: Workshop, version: Version) -> None:
    model, transfer = dense.tune(with_contract(version, classes=("one", "two", "three")))
    assert [node.label for node in transfer.initialized] == ["head"]
    assert not np.array_equal(model.get_layer("head").get_weights()[0], dense.model.get_layer("head").get_weights()[0])


def test_frozen_layer_without_pretrained_weights_is_refused(dense: Workshop, version: Version) -> None:
    wider = with_contract(version, classes=("one", "two", "three"))
    with pytest.raises(ConfigurationError, match="freezes weights that the pretrained bundle does not have.*: head"):
        dense.tune(wider, freeze=["head"])


def test_class_layers_that_cannot_be_determined_are_refused_if_classes_differ(tmp_path: Path, version: Version) -> None:
    workshop = Workshop(tmp_path, version, SLICED)
    model, _ = workshop.tune(version)
    assert np.array_equal(model(PIXELS), workshop.model(PIXELS))
    with pytest.raises(
        ConfigurationError, match="which weights of the bundle .* belong to which class cannot be determined"
    ):
        workshop.tune(with_contract(version, classes=CLASSES[::-1]))


def test_tokens_of_another_tokenizer_follow_their_text(tmp_path: Path) -> None:
    version, path = text_table(tmp_path / "table"), next(path for path in MODELS if path.stem == "text_cnn")
    workshop = Workshop(tmp_path, version, path)
    other = text_table(tmp_path / "other", extra="whatever brand new words")
    model, transfer = workshop.tune(other)
    known, names = vocabulary(version), vocabulary(other)
    before, after = (m.get_layer(index=1).get_weights()[0] for m in (workshop.model, model))
    common = sorted(set(known) & set(names))
    assert len(common) < len(names)
    assert any(known[word] != names[word] for word in common)
    assert np.array_equal(after[[names[word] for word in common]], before[[known[word] for word in common]])
    assert [text for _, text in transfer.incomplete] == [f"{len(names) - len(common)} new tokens"]
    assert f"{len(common)} of the table's {len(names)} tokens" in transfer.changes[0]
    with pytest.raises(ConfigurationError, match="new tokens of embedding"):
        workshop.tune(other, freeze=["embedding*"])


def vocabulary(version: Version) -> dict[str, int]:
    """Return the id of each token of a table."""
    from headrace.prepare.text.tokenizer import load_tokenizer

    found: dict[str, int] = load_tokenizer(version.table, TextSpec.of(version.contract).tokenizer).get_vocab()
    return found


def test_features_in_another_order_are_refused_and_other_statistics_are_logged() -> None:
    path = next(path for path in MODELS if path.stem == "series")
    pretrained = contract_for(path)
    layout = WindowSpec.of(pretrained)

    def windows(*values: str) -> Contract:
        return pretrained.model_copy(update={"input_specs": {"input": layout.model_copy(update={"values": values})}})

    with pytest.raises(DataError, match="takes the features warmth, wind in this order, but t holds wind, warmth"):
        transfer_changes(pretrained, windows("wind", "warmth"), "t")
    assert "the table holds windows of warmth, rain" in transfer_changes(pretrained, windows("warmth", "rain"), "t")[0]
    other = layout.model_copy(update={"statistics": Statistics(mean=(50.0, 3.0), variance=(100.0, 4.0))})
    moved = pretrained.model_copy(update={"input_specs": {"input": other}})
    assert "mean 50, 3, standard deviation 10, 2" in transfer_changes(pretrained, moved, "t")[0]
    assert transfer_changes(pretrained, pretrained, "t") == []
    with pytest.raises(DataError, match="takes windows inputs, but t holds image inputs"):
        transfer_changes(pretrained, contract_for(next(path for path in MODELS if path.stem == "cnn")), "t")
