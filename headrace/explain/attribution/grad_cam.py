"""Grad-CAM: the regions of an image in which the last convolutional feature map supports a class.

Selvaraju et al.: Grad-CAM: Visual explanations from deep networks via gradient-based localization. ICCV 2017,
arXiv:1610.02391. Each channel of the map is weighted by the mean gradient of the score with respect to it; the heatmap
is the positive part of the weighted sum. The paper differentiates the logit of the class; `target_score` explains why
Headrace differentiates the log-odds.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.explain.attribution.layer_output_hooks import LayerCall, patch_outputs, trace_layers
from headrace.explain.attribution.target_score import TargetScore

POOLING = (layers.MaxPooling2D, layers.AveragePooling2D, layers.GlobalMaxPooling2D, layers.GlobalAveragePooling2D)
CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D, layers.Conv2DTranspose)
# After these layers a position of the map no longer corresponds to a position of the image.
MIXING = (layers.MultiHeadAttention, layers.GroupQueryAttention, layers.Attention, layers.AdditiveAttention, layers.RNN)


class NoFeatureMapError(Exception):
    """Raised for a network without a last convolutional feature map; the message states the reason."""


class GradCam:
    """Grad-CAM of one network.

    Raises:
        NoFeatureMapError: the network has no last convolutional feature map.
    """

    def __init__(self, model: keras.Model, contract: Contract) -> None:
        self._model, self._score = model, TargetScore(contract)
        blank = np.zeros((1, *contract.named("input")[1].image_shape), np.uint8)
        self._layer = _last_map(trace_layers(model, blank))

    @property
    def layer(self) -> str:
        """Return the name of the layer whose output is the feature map."""
        return str(self._layer.name)

    def heatmap(self, image: NDArray[np.uint8], class_number: int | None) -> NDArray[np.float32]:
        """Return the heatmap, (height, width) of the feature map, with values of 0 and above.

        Args:
            image: (height, width, channels).
            class_number: index of the class; None in regression.
        """
        maps: list[Any] = []
        # No gradient is needed for the layers before the map.
        with tf.GradientTape(watch_accessed_variables=False) as tape:

            def watch(_: keras.Layer, inputs: Any, output: Any) -> Any:
                tape.watch(output)
                maps.append(output)
                return output

            with patch_outputs([self._layer], watch):
                outputs = self._model(image[None], training=False)
            scores = self._score(outputs, class_number)
        # A layer may be called several times; take the last call.
        gradient = tape.gradient(scores, maps[-1], unconnected_gradients="zero")
        weights = tf.reduce_mean(gradient, axis=(1, 2), keepdims=True)
        heat: NDArray[np.float32] = tf.nn.relu(tf.reduce_sum(weights * maps[-1], axis=-1))[0].numpy()
        return heat


def _last_map(calls: list[LayerCall]) -> keras.Layer:
    convolutions = [index for index, call in enumerate(calls) if isinstance(call.layer, CONVOLUTIONS)]
    if not convolutions:
        raise NoFeatureMapError("the network has no convolution over images")
    maps = [index for index in range(convolutions[0], len(calls)) if _is_map(calls[index])]
    if not maps:
        raise NoFeatureMapError("its convolutions reduce the whole image to one position")
    mixing = next((call.layer for call in calls[maps[-1] :] if isinstance(call.layer, MIXING)), None)
    if mixing is not None:
        layer_type = type(mixing).__name__
        raise NoFeatureMapError(f"its convolutional feature map passes through {layer_type}, which mixes its positions")
    return calls[maps[-1]].layer


def _is_map(call: LayerCall) -> bool:
    """Return whether the output is a map (1, height, width, channels) of more than one position, before pooling."""
    shape: tuple[int, ...] = tuple(getattr(call.output, "shape", ()))
    is_wide = len(shape) == 4 and min(shape[1], shape[2]) > 1
    return is_wide and not isinstance(call.layer, (keras.Model, *POOLING))
