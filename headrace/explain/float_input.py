"""A network for images, fed with numbers between two pixels' values.

The input of a network is declared as whole numbers, to which Keras casts whatever it is fed; along a way between
two images there is no gradient through that.
"""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

WHOLE = ("uint8", "int8", "int16", "int32", "int64", "uint16")


def with_float_input(model: keras.Model, pixels: NDArray[np.uint8]) -> keras.Model:
    """`model` with the same layers and weights behind a float32 input; itself where it needs none.

    Args:
        pixels: (rows, height, width, channels), for which both must answer the same.
    """
    try:
        remade = _remade(model)
    except (ValueError, AttributeError):
        # No graph of layers to be made anew: a subclass with a `call` of its own, which casts nothing.
        return model
    same = np.allclose(model(pixels, training=False), remade(pixels.astype(np.float32), training=False), atol=1e-4)
    return remade if same else model


def _remade(model: keras.Model) -> keras.Model:
    # A sequential model has no `input` before it was called.
    given = model.inputs[0] if isinstance(model, keras.Sequential) else model.input
    inputs = keras.tree.map_structure(_float_input, given)
    return keras.models.clone_model(model, input_tensors=inputs, clone_function=_inside)


def _inside(layer: Any) -> Any:
    """A layer is shared; a model within the model has an input of its own."""
    whole = isinstance(layer, keras.Model) and any(one.dtype in WHOLE for one in getattr(layer, "inputs", None) or ())
    return _remade(layer) if whole else layer


def _float_input(tensor: keras.KerasTensor) -> keras.KerasTensor:
    return keras.Input(batch_shape=tensor.shape, dtype="float32" if tensor.dtype in WHOLE else tensor.dtype)
