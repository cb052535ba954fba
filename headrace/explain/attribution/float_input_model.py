"""Copies of image networks that accept fractional pixel values.

Image networks declare an integer input, to which Keras casts whatever it receives. That cast has no gradient, so
integration along a path between two images needs a float32 input.
"""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

INTEGER_TYPES = ("uint8", "int8", "int16", "int32", "int64", "uint16")


def with_float_input(model: keras.Model, pixels: NDArray[np.uint8]) -> keras.Model:
    """Return a copy of `model` with a float32 input and the same layers and weights, or `model` itself if not possible.

    Args:
        pixels: (rows, height, width, channels), for which the copy must predict the same; else `model` is returned.
    """
    try:
        copy = _copy(model)
    except (ValueError, AttributeError):
        # A subclass with its own `call` has no graph of layers to copy; Keras does not cast its input.
        return model
    same = np.allclose(model(pixels, training=False), copy(pixels.astype(np.float32), training=False), atol=1e-4)
    return copy if same else model


def _copy(model: keras.Model) -> keras.Model:
    # A Sequential model has no `input` before its first call.
    tensors = model.inputs[0] if isinstance(model, keras.Sequential) else model.input
    inputs = keras.tree.map_structure(_float_input, tensors)
    return keras.models.clone_model(model, input_tensors=inputs, clone_function=_copy_layer)


def _copy_layer(layer: Any) -> Any:
    """Return the layer itself, or a copy of a nested model that has an integer input."""
    inputs = getattr(layer, "inputs", None) or ()
    has_integer_input = isinstance(layer, keras.Model) and any(tensor.dtype in INTEGER_TYPES for tensor in inputs)
    return _copy(layer) if has_integer_input else layer


def _float_input(tensor: keras.KerasTensor) -> keras.KerasTensor:
    return keras.Input(batch_shape=tensor.shape, dtype="float32" if tensor.dtype in INTEGER_TYPES else tensor.dtype)
