"""How much arithmetic a Keras model does for one row.

Counted are the multiplications and additions of products of matrices, which are nearly all of the work: dense
layers, convolutions, recurrent layers and attention. Element-wise work is left out.
"""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

GATES = {layers.LSTM: 4, layers.GRU: 3, layers.SimpleRNN: 1}


def flops(model: keras.Model, length: int = 1) -> int:
    """Floating-point operations of one forward pass of one row.

    Args:
        model: functional or sequential; a layer that is used several times counts once.
        length: of the text, where the model takes any.
    """
    return sum(_of_layer(layer, length) for layer in model.layers if not isinstance(layer, layers.InputLayer))


def _of_layer(layer: keras.Layer, length: int) -> int:
    if isinstance(layer, layers.Bidirectional):
        steps, features = _shape(layer.input.shape, length)
        return _recurrent(layer.forward_layer, steps, features) + _recurrent(layer.backward_layer, steps, features)
    if type(layer) in GATES:
        return _recurrent(layer, *_shape(layer.input.shape, length))
    if isinstance(layer, layers.MultiHeadAttention):
        return _attention(layer, length)
    if isinstance(layer, layers.Dense | layers.Conv1D | layers.Conv2D):
        # Each place of the output is one product with the kernel for each of its channels.
        places = math.prod(_shape(layer.output.shape, length)[:-1])
        return 2 * places * int(math.prod(layer.kernel.shape))
    return 0


def _recurrent(layer: Any, steps: int, features: int) -> int:
    return 2 * steps * GATES[type(layer)] * (features + int(layer.units)) * int(layer.units)


def _attention(layer: Any, length: int) -> int:
    """Of self-attention: four projections, then queries with keys, then weights with values."""
    places, width = _shape(layer.output.shape, length)
    inner = int(layer.num_heads) * int(layer.key_dim)
    return 2 * places * 4 * width * inner + 2 * 2 * places * places * inner


def _shape(shape: Sequence[int | None], length: int) -> tuple[int, ...]:
    """Of one row, with the length of the text in the place of an unknown one."""
    return tuple(length if size is None else size for size in shape[1:])
