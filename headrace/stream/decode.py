"""Stored values -> what a model takes: pixels (batch, height, width, channels), tokens (batch, length), windows."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
import simplejpeg
import tensorflow as tf
from numpy.typing import NDArray

from headrace.errors import DataError
from headrace.schema import Column
from headrace.stream.buckets import padded_tokens
from headrace.stream.columns import Binary, Columns
from headrace.stream.memory import pixels_of

COLOURS = {1: "GRAY", 3: "RGB"}


def stored_input(rows: Columns, name: str, column: Column, buckets: Sequence[int] = ()) -> NDArray[Any]:
    """The values of an input column: numbers where they are stored raw, padded tokens, else encoded bytes."""
    values = rows[name]
    if not isinstance(values, Binary):
        values = Binary.of(values.tolist())
    if column.codec == "tokens":
        return padded_tokens(values, column.dtype, buckets)
    if column.codec == "raw":
        return values.data.view(column.dtype).reshape(len(values), *column.fixed_shape)
    return values.objects()


def decoder(column: Column) -> Callable[[tf.Tensor], tf.Tensor]:
    """A function from a batch of encoded images, (batch,) string, to pixels (batch, height, width, channels) uint8.

    Both codecs give Pillow's pixels exactly.
    """
    return partial(DECODERS[column.codec], shape=column.image_shape)


def decode_jpegs(encoded: Iterable[bytes | memoryview], shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Pixels of JPEG files by libjpeg-turbo, which lets other threads run meanwhile.

    TensorFlow's own decoder takes more than twice as long for the same pixels.

    Raises:
        DataError: a value is no JPEG image of this shape.
    """
    encoded = list(encoded)
    pixels = pixels_of((len(encoded), *shape))
    for row, data in enumerate(encoded):
        try:
            found = simplejpeg.decode_jpeg(data, COLOURS[shape[2]], buffer=pixels[row])
        except ValueError as error:
            raise DataError(f"A stored JPEG image cannot be decoded ({error}); prepare the table again.") from error
        if found.shape != shape:
            raise DataError(f"A stored JPEG image is {found.shape}, expected {shape}; prepare the table again.")
    return pixels


def _jpegs(batch: tf.Tensor, shape: tuple[int, int, int]) -> tf.Tensor:
    pixels = tf.numpy_function(partial(decode_jpegs, shape=shape), [batch], tf.uint8, stateful=False)
    return tf.ensure_shape(pixels, (batch.shape[0], *shape))


def _pngs(batch: tf.Tensor, shape: tuple[int, int, int]) -> tf.Tensor:
    def one(data: tf.Tensor) -> tf.Tensor:
        return tf.ensure_shape(tf.io.decode_png(data, channels=shape[2]), shape)

    return tf.map_fn(one, batch, fn_output_signature=tf.TensorSpec(shape, tf.uint8))


DECODERS = {"jpeg": _jpegs, "png": _pngs}
