"""Synchronised batch normalisation: statistics over the rows of all ranks.

Ioffe, Szegedy: Batch normalization. arXiv:1502.03167 (2015). Keras's own `synchronized` relies on
TensorFlow's distribution strategies, which do not know Horovod's ranks.
"""

from typing import Any

import horovod.tensorflow as hvd
import keras
import tensorflow as tf


def synchronize(model: keras.Model) -> int:
    """Synchronise every batch normalisation in `model` over all ranks; return their number."""
    layers = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization)]
    for layer in layers:
        layer._moments = _Moments(layer)
    return len(layers)


class _Moments:
    """Replacement of the Keras method: mean and variance of the inputs over reduction axes and all ranks."""

    def __init__(self, layer: keras.layers.BatchNormalization) -> None:
        self._layer = layer

    def __call__(self, inputs: Any, mask: Any) -> tuple[Any, Any]:
        axes = self._layer._reduction_axes
        present = tf.ones_like(inputs) if mask is None else tf.cast(mask[..., None], inputs.dtype) + 0 * inputs
        count = _allreduce_sum(tf.reduce_sum(present, axes), f"{self._layer.name}.count")
        mean = _allreduce_sum(tf.reduce_sum(inputs * present, axes), f"{self._layer.name}.mean") / count
        squared_distance = tf.square(inputs - self._broadcastable(mean, inputs)) * present
        return mean, _allreduce_sum(tf.reduce_sum(squared_distance, axes), f"{self._layer.name}.variance") / count

    def _broadcastable(self, mean: Any, inputs: Any) -> Any:
        """Return `mean`, one value per channel, in a shape that broadcasts against `inputs`."""
        shape = [1] * len(inputs.shape)
        axis = self._layer.axis
        shape[axis] = inputs.shape[axis]
        return tf.reshape(mean, shape)


def _allreduce_sum(value: Any, name: str) -> Any:
    # Horovod's gradient of a sum over ranks is the sum of the gradients, as it should be.
    return hvd.allreduce(value, op=hvd.Sum, name=f"headrace.batch_norm.{name}") if hvd.size() > 1 else value
