"""Weights of classes and of tokens are found in every network, and in none that hides them."""

from pathlib import Path
from typing import Any

import keras
import pytest
from keras import layers

from headrace.networks.network_build_and_checks import build_model
from headrace.train.model.pretrained.class_head_and_token_embedding_detection import (
    find_embedding_layers,
    find_head_layers,
)
from headrace.train.model.pretrained.layer_paths import weighted_layers
from tests.support.shipped_networks import MASKS, MODELS, SMALL, TEXT, contract_for

pytestmark = pytest.mark.tensorflow

CNN = next(path for path in MODELS if path.stem == "cnn")
CONTRACT = contract_for(CNN)


class Subclassed(keras.Model):
    """A model without a graph, whose hidden layer is as wide as its output."""

    def __init__(self) -> None:
        super().__init__()
        self.head = layers.Dense(3)
        self.hidden = layers.Dense(3, activation="relu")

    def call(self, x: Any) -> Any:
        x = self.hidden(layers.Flatten()(keras.ops.cast(x, "float32") / 255))
        return keras.ops.softmax(self.head(x))


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
@pytest.mark.parametrize("task", ["classification", "multi_label"])
def test_class_layers_are_last_layer_of_each_network(path: Path, task: str) -> None:
    contract = contract_for(path) if path.stem in MASKS else contract_for(path, task=task)
    # The hidden layers of a multilayer perceptron are as wide as its output.
    options = SMALL[path.stem] | ({"width": 3} if path.stem == "mlp" else {})
    model = build_model(path, contract, options)
    assert [node.layer for node in find_head_layers(model, contract)] == [model.layers[-1]]


def test_class_layers_of_other_heads() -> None:
    pixels = keras.Input(CONTRACT.input_shape)
    x = layers.Conv2D(3, 1)(layers.Conv2D(3, 3, activation="relu")(layers.Rescaling(1 / 255)(pixels)))
    pooled = keras.Model(pixels, layers.Activation("softmax")(layers.GlobalAveragePooling2D()(x)))
    assert [node.layer for node in find_head_layers(pooled, CONTRACT)] == [pooled.layers[3]]
    normalized = keras.Sequential([pixels, layers.Flatten(), layers.Dense(3), layers.BatchNormalization()])
    normalized.add(layers.Softmax())
    assert [node.layer for node in find_head_layers(normalized, CONTRACT)] == normalized.layers[1:3]
    subclassed = Subclassed()
    subclassed(keras.ops.zeros((1, *CONTRACT.input_shape)))
    assert [node.label for node in find_head_layers(subclassed, CONTRACT)] == ["head"]


def test_class_layers_are_unknown_where_outputs_are_sliced() -> None:
    pixels = keras.Input(CONTRACT.input_shape)
    wide = layers.Dense(4)(layers.Flatten()(layers.Rescaling(1 / 255)(pixels)))
    model = keras.Model(pixels, layers.Softmax()(wide[:, :3]))
    assert find_head_layers(model, CONTRACT) == []


@pytest.mark.parametrize("path", [path for path in MODELS if path.stem in TEXT], ids=lambda path: path.stem)
def test_token_layers_are_embeddings_of_vocabulary(path: Path) -> None:
    contract = contract_for(path)
    model = build_model(path, contract, SMALL[path.stem])
    assert [type(node.layer) for node in find_embedding_layers(model, contract)] == [layers.Embedding]


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_probing_leaves_weights_as_they_were(path: Path) -> None:
    contract = contract_for(path)
    model = build_model(path, contract, SMALL[path.stem])
    before = model.get_weights()
    find_head_layers(model, contract)
    find_embedding_layers(model, contract)
    assert all((one == other).all() for one, other in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_weighted_layers_own_each_weight_once_at_paths_free_of_counters(path: Path) -> None:
    contract = contract_for(path)
    first, second = (build_model(path, contract, SMALL[path.stem]) for _ in range(2))
    nodes, again = weighted_layers(first), weighted_layers(second)
    owned = [id(weight) for node in nodes for weight in node.weights]
    assert sorted(owned) == sorted(map(id, first.weights))
    assert [(node.paths, node.signature) for node in nodes] == [(node.paths, node.signature) for node in again]
    assert len({path for node in nodes for path in node.paths}) == len(nodes)
