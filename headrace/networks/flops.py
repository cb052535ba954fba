"""Count the floating-point operations of a Keras model per row.

Only multiplications and additions of matrix products count, which are nearly all of the work: dense layers,
convolutions, recurrent layers and attention. Element-wise operations are left out.
"""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

GATES = {layers.LSTM: 4, layers.GRU: 3, layers.SimpleRNN: 1}


def flops(model: keras.Model, length: int = 1) -> int:
    """Return the floating-point operations of one forward pass of one row.

    Args:
        model: functional or sequential model; a layer that is used several times counts once.
        length: length of the text in tokens, if the model takes texts of any length.
    """
    return sum(_layer_flops(layer, length) for layer in model.layers if not isinstance(layer, layers.InputLayer))


def _layer_flops(layer: keras.Layer, length: int) -> int:
    if isinstance(layer, layers.Bidirectional):
        steps, features = _shape(layer.input.shape, length)
        return _recurrent_flops(layer.forward_layer, steps, features) + _recurrent_flops(
            layer.backward_layer, steps, features
        )
    if type(layer) in GATES:
        return _recurrent_flops(layer, *_shape(layer.input.shape, length))
    if isinstance(layer, layers.MultiHeadAttention):
        return _attention_flops(layer, length)
    if isinstance(layer, layers.MelSpectrogram):
        # The products of the spectra with the bands; Fourier transforms are no matrix products.
        return 2 * math.prod(_shape(layer.output.shape, length)) * (int(layer.fft_length) // 2 + 1)
    if isinstance(layer, layers.Dense | layers.Conv1D | layers.Conv2D):
        # Each output position is one product with the whole kernel.
        positions = math.prod(_shape(layer.output.shape, length)[:-1])
        return 2 * positions * int(math.prod(layer.kernel.shape))
    return 0


def _recurrent_flops(layer: Any, steps: int, features: int) -> int:
    return 2 * steps * GATES[type(layer)] * (features + int(layer.units)) * int(layer.units)


def _attention_flops(layer: Any, length: int) -> int:
    """Return the FLOPs of self-attention: four projections, queries with keys, and attention weights with values."""
    positions, width = _shape(layer.output.shape, length)
    inner = int(layer.num_heads) * int(layer.key_dim)
    return 2 * positions * 4 * width * inner + 2 * 2 * positions * positions * inner


def _shape(shape: Sequence[int | None], length: int) -> tuple[int, ...]:
    """Return the shape of one row, with `length` in place of unknown sizes."""
    return tuple(length if size is None else size for size in shape[1:])
