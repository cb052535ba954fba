"""Grad-CAM: where in an image the last convolutional feature map speaks for a class.

Selvaraju et al.: Grad-CAM: Visual explanations from deep networks via gradient-based localization. ICCV 2017,
arXiv:1610.02391. Each channel of the map is weighted by the mean gradient of the score by it; of the weighted sum
what is positive is shown. They differentiate the logit of the class; `score` says why it is the log-odds here.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.explain.layer_hooks import LayerCall, patch_outputs, trace_layers
from headrace.explain.target_score import TargetScore

POOLING = (layers.MaxPooling2D, layers.AveragePooling2D, layers.GlobalMaxPooling2D, layers.GlobalAveragePooling2D)
CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D, layers.Conv2DTranspose)
# Behind them no place of the map is a place of the image any more.
MIXING = (layers.MultiHeadAttention, layers.GroupQueryAttention, layers.Attention, layers.AdditiveAttention, layers.RNN)


class NoFeatureMapError(Exception):
    """The network has no last convolutional feature map; the message says what it has instead."""


class GradCam:
    """Of one network.

    Raises:
        NoFeatureMapError: it has none.
    """

    def __init__(self, model: keras.Model, contract: Contract) -> None:
        self._model, self._score = model, TargetScore(contract)
        blank = np.zeros((1, *contract.named("input")[1].image_shape), np.uint8)
        self._layer = _last_map(trace_layers(model, blank))

    @property
    def layer(self) -> str:
        """Name of the layer whose output is the map."""
        return str(self._layer.name)

    def heat(self, image: NDArray[np.uint8], class_number: int | None) -> NDArray[np.float32]:
        """(height, width) of the feature map, 0 and above."""
        maps: list[Any] = []
        # Of what comes before the map no gradient is wanted.
        with tf.GradientTape(watch_accessed_variables=False) as tape:

            def watched(_: keras.Layer, given: Any, output: Any) -> Any:
                tape.watch(output)
                maps.append(output)
                return output

            with patch_outputs([self._layer], watched):
                answers = self._model(image[None], training=False)
            scores = self._score(answers, class_number)
        # Of a layer that is used several times, the last use.
        gradient = tape.gradient(scores, maps[-1], unconnected_gradients="zero")
        weights = tf.reduce_mean(gradient, axis=(1, 2), keepdims=True)
        found: NDArray[np.float32] = tf.nn.relu(tf.reduce_sum(weights * maps[-1], axis=-1))[0].numpy()
        return found


def _last_map(done: list[LayerCall]) -> keras.Layer:
    convolutions = [number for number, call in enumerate(done) if isinstance(call.layer, CONVOLUTIONS)]
    if not convolutions:
        raise NoFeatureMapError("the network has no convolution over images")
    maps = [number for number in range(convolutions[0], len(done)) if _is_map(done[number])]
    if not maps:
        raise NoFeatureMapError("its convolutions leave one place of the whole image")
    mixing = next((call.layer for call in done[maps[-1] :] if isinstance(call.layer, MIXING)), None)
    if mixing is not None:
        kind = type(mixing).__name__
        raise NoFeatureMapError(f"its convolutional feature map goes through {kind}, which mixes its places")
    return done[maps[-1]].layer


def _is_map(call: LayerCall) -> bool:
    """(1, height, width, channels), of more than one place, and not yet pooled."""
    shape: tuple[int, ...] = tuple(getattr(call.output, "shape", ()))
    is_wide = len(shape) == 4 and min(shape[1], shape[2]) > 1
    return is_wide and not isinstance(call.layer, (keras.Model, *POOLING))
