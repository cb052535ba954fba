"""Explanations of other networks: nested, with their own `call`, with positions; or an error with the reason."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from headrace.contract import Contract
from headrace.errors import ConfigurationError
from headrace.explain.attribution.float_input_model import with_float_input
from headrace.explain.attribution.grad_cam import GradCam, NoFeatureMapError
from headrace.explain.attribution.image_integration_path import ImageNetwork, ImagePath
from headrace.explain.attribution.integrated_gradients import integrate
from headrace.explain.attribution.layer_output_hooks import patch_outputs, trace_layers
from headrace.explain.attribution.text_integration_path import TextNetwork, TextPath
from tests.support.shipped_networks import MODELS, contract_for, inputs_for

pytestmark = pytest.mark.tensorflow

IMAGES: Contract = contract_for(next(path for path in MODELS if path.stem == "cnn"))
TEXTS: Contract = contract_for(next(path for path in MODELS if path.stem == "rnn"))
MEAN = IMAGES.statistics.mean


def nested() -> keras.Model:
    """Return a functional model in a Sequential one, both with an integer input."""
    inputs = keras.Input((16, 12, 3), dtype="uint8")
    x = layers.Normalization(mean=MEAN, variance=(900.0, 400.0, 2500.0))(inputs)
    inner = keras.Model(inputs, layers.Conv2D(4, 3, activation="relu")(x), name="inner")
    outer = keras.Sequential([keras.Input((16, 12, 3), dtype="uint8"), inner, layers.GlobalAveragePooling2D()])
    return keras.Sequential([keras.Input((16, 12, 3), dtype="uint8"), outer, layers.Dense(3, activation="softmax")])


def with_ops() -> keras.Model:
    """Return a network that scales pixels by `keras.ops`, without a layer."""
    inputs = keras.Input((16, 12, 3), dtype="uint8")
    x = keras.ops.cast(inputs, "float32") / 255.0
    x = layers.Flatten()(layers.Conv2D(4, 3, 2, activation="gelu")(x))
    return keras.Model(inputs, layers.Softmax()(layers.Dense(3)(x)))


class OwnCall(keras.Model):
    """A subclass without a graph of layers."""

    def __init__(self) -> None:
        super().__init__()
        self.features = layers.Conv2D(4, 3, activation="relu")
        self.answers = layers.Dense(3, activation="softmax")

    def call(self, images: Any) -> Any:
        x = self.features(keras.ops.cast(images, "float32") / 255.0)
        return self.answers(keras.ops.mean(x, axis=(1, 2)))


class WithPositions(layers.Layer):
    """A layer that adds a position embedding to each vector."""

    def __init__(self) -> None:
        super().__init__()
        self.supports_masking = True
        self.positions = layers.Embedding(40, 8, name="positions")

    def call(self, vectors: Any) -> Any:
        return vectors + self.positions(keras.ops.arange(keras.ops.shape(vectors)[1]))


def own_call() -> keras.Model:
    """Return a built subclass model."""
    model = OwnCall()
    model(np.zeros((1, 16, 12, 3), np.uint8))
    return model


@pytest.mark.parametrize("build", [nested, with_ops, own_call])
def test_attributions_of_other_image_networks_are_complete(build: Any) -> None:
    keras.utils.set_random_seed(3)
    model = build()
    image = inputs_for(IMAGES)[0]
    found = integrate(ImagePath(ImageNetwork(model, IMAGES), image, MEAN, 1), 64)
    assert found.complete
    assert np.abs(found.attributions).max() > 0
    probability = float(model(image[None], training=False)[0, 1])
    assert 1 / (1 + np.exp(-found.input)) == pytest.approx(probability, abs=1e-5)
    assert GradCam(model, IMAGES).heatmap(image, 1).shape[0] >= 7


def test_float_input_keeps_fractional_pixel_values() -> None:
    keras.utils.set_random_seed(3)
    model = nested()
    floats = with_float_input(model, np.zeros((1, 16, 12, 3), np.uint8))
    whole = inputs_for(IMAGES)
    assert np.allclose(floats(whole.astype("float32")), model(whole), atol=1e-6)
    half = whole.astype("float32") // 2 + 0.5
    assert np.array_equal(model(half), model(half - 0.5))
    assert not np.allclose(floats(half), floats(half - 0.5), atol=1e-7)


def test_network_that_casts_pixels_to_integers_is_refused() -> None:
    inputs = keras.Input((16, 12, 3), dtype="uint8")
    x = keras.ops.cast(keras.ops.cast(inputs, "int32") // 16, "float32")
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(layers.Flatten()(x)))
    with pytest.raises(ConfigurationError, match="has no gradient for its input"):
        integrate(ImagePath(ImageNetwork(model, IMAGES), inputs_for(IMAGES)[0], MEAN, 0), 4)


def test_grad_cam_refuses_feature_map_behind_attention() -> None:
    inputs = keras.Input((16, 12, 3), dtype="uint8")
    x = layers.Reshape((-1, 4))(layers.Conv2D(4, 4, 4)(layers.Rescaling(1 / 255)(inputs)))
    x = layers.GlobalAveragePooling1D()(layers.MultiHeadAttention(1, 4)(x, x))
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(x))
    with pytest.raises(NoFeatureMapError, match="MultiHeadAttention, which mixes its positions"):
        GradCam(model, IMAGES)


def test_token_embeddings_are_found_in_nested_models_without_position_embeddings() -> None:
    keras.utils.set_random_seed(3)
    tokens = keras.Input((None,), dtype="int32")
    embedding = layers.Embedding(50, 8, mask_zero=True, name="words")
    inner = keras.Model(tokens, embedding(tokens), name="inner")
    x = layers.GRU(8)(WithPositions()(inner(tokens)))
    model = keras.Model(tokens, layers.Dense(3, activation="softmax")(x))
    network = TextNetwork(model, TEXTS)
    assert [layer.name for layer in network._embeddings] == ["words"]
    text = np.array([4, 9, 9, 3], np.int32)
    found = integrate(TextPath(network, text, 2), 64)
    assert found.complete
    assert found.attributions.shape == (4,)
    answers = model(text[None], training=False)[0]
    assert 1 / (1 + np.exp(-found.input)) == pytest.approx(float(answers[2]), abs=1e-5)


def test_network_without_embedding_layer_has_no_embeddings() -> None:
    tokens = keras.Input((None,), dtype="int32")
    x = keras.ops.mean(keras.ops.one_hot(tokens, 50), axis=1)
    model = keras.Model(tokens, layers.Dense(3, activation="softmax")(x))
    assert not TextNetwork(model, TEXTS).has_embeddings


def test_patched_layers_are_restored_even_after_an_error() -> None:
    model = nested()
    image = inputs_for(IMAGES)[:1]
    before = np.asarray(model(image))
    convolution = next(call.layer for call in trace_layers(model, image) if isinstance(call.layer, layers.Conv2D))
    with patch_outputs([convolution], lambda _, given, output: output * 0.0):
        assert not np.allclose(model(image), before)

    def fail(layer: keras.Layer, given: Any, output: Any) -> Any:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"), patch_outputs([convolution], fail):
        model(image)
    assert np.array_equal(model(image), before)
    assert "call" not in vars(convolution)
