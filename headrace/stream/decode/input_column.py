"""Decode the input column.

Pixels are (batch, height, width, channels), tokens (batch, length), windows (batch, length, features).
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import count
from typing import Any

import numpy as np
import simplejpeg
import tensorflow as tf
from numpy.typing import NDArray

from headrace.contract import Column
from headrace.errors import DataError
from headrace.stream.decode.pad_tokens_to_buckets import choose_bucket, padded_tokens
from headrace.stream.read.binary_columns_and_row_selection import BinaryColumn, Columns, aligned_buffer

COLOURS = {1: "GRAY", 3: "RGB"}


def stored_input(rows: Columns, name: str, column: Column, buckets: Sequence[int] = ()) -> NDArray[Any]:
    """Return the values of an input column: arrays if stored raw, padded tokens for text, else encoded bytes."""
    values = rows[name]
    if not isinstance(values, BinaryColumn):
        values = BinaryColumn.from_values(values.tolist())
    if column.codec == "tokens":
        return padded_tokens(values, column.dtype, buckets)
    if column.codec == "raw":
        return values.data.view(column.dtype).reshape(len(values), *column.fixed_shape)
    return values.objects()


def decoder(column: Column) -> Callable[[tf.Tensor], tf.Tensor]:
    """Return a function from encoded images, (batch,) string, to pixels (batch, height, width, channels) uint8.

    The pixels of both codecs equal Pillow's exactly.
    """
    return partial(DECODERS[column.codec], shape=column.image_shape)


def decode_jpegs(encoded: Iterable[bytes | memoryview], shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Decode JPEG files with libjpeg-turbo, which releases the GIL.

    TensorFlow's decoder takes more than twice as long for the same pixels.

    Args:
        encoded: bytes of each image.
        shape: shape of an image, (height, width, channels).

    Returns:
        Pixels (images, height, width, channels) uint8.

    Raises:
        DataError: a value is not a JPEG image of `shape`.
    """
    encoded = list(encoded)
    pixels = aligned_buffer((len(encoded), *shape))
    for row, data in enumerate(encoded):
        try:
            image = simplejpeg.decode_jpeg(data, COLOURS[shape[2]], buffer=pixels[row])
        except ValueError as error:
            raise DataError(f"A stored JPEG image cannot be decoded ({error}); prepare the table again.") from error
        if image.shape != shape:
            raise DataError(f"A stored JPEG image has shape {image.shape}, expected {shape}; prepare the table again.")
    return pixels


def _decode_jpeg_tensor(batch: tf.Tensor, shape: tuple[int, int, int]) -> tf.Tensor:
    pixels = tf.numpy_function(partial(decode_jpegs, shape=shape), [batch], tf.uint8, stateful=False)
    return tf.ensure_shape(pixels, (batch.shape[0], *shape))


def _decode_png_tensor(batch: tf.Tensor, shape: tuple[int, int, int]) -> tf.Tensor:
    def decode_png(data: tf.Tensor) -> tf.Tensor:
        return tf.ensure_shape(tf.io.decode_png(data, channels=shape[2]), shape)

    return tf.map_fn(decode_png, batch, fn_output_signature=tf.TensorSpec(shape, tf.uint8))


DECODERS = {"jpeg": _decode_jpeg_tensor, "png": _decode_png_tensor}


class JpegBuffer:
    """A buffer of encoded images between Python and TensorFlow, which receives only an index for each step.

    Args:
        shape: shape of one image, (height, width, channels).
        on_error: function that receives the error of an image that cannot be decoded.
    """

    def __init__(self, shape: tuple[int, int, int], on_error: Callable[[Exception], None]) -> None:
        self._shape = shape
        self._on_error = on_error
        self._counter = count()
        self._pending: dict[int, BinaryColumn] = {}

    def put(self, images: BinaryColumn, steps: int) -> NDArray[np.int64]:
        """Store the images of `steps` of equal size, and return one index per step, (steps,)."""
        size = len(images) // steps
        indices = [next(self._counter) for _ in range(steps)]
        for step, index in enumerate(indices):
            self._pending[index] = images[step * size : (step + 1) * size]
        return np.array(indices, np.int64)

    def take(self, index: tf.Tensor, size: int) -> tf.Tensor:
        """Return the graph operation that decodes a step of `size` images: (size, height, width, channels) uint8."""
        return tf.ensure_shape(tf.numpy_function(self._decode, [index], tf.uint8), (size, *self._shape))

    def clear(self) -> None:
        """Drop the images that will not be decoded."""
        self._pending.clear()

    def _decode(self, index: np.int64) -> NDArray[np.uint8]:
        try:
            return decode_jpegs(self._pending.pop(int(index)).views(), self._shape)
        except DataError as error:
            self._on_error(error)
            raise


class InputCodec:
    """The codec of one input column, for one data set.

    Args:
        name: name of the column.
        column: the column.
        buckets: lengths that texts are padded to.
        size: rows per step.
        on_error: function that receives the error of a value that cannot be decoded.
    """

    def __init__(
        self, name: str, column: Column, buckets: tuple[int, ...], size: int, on_error: Callable[[Exception], None]
    ) -> None:
        self._name, self._column, self._buckets, self._size = name, column, buckets, size
        is_jpeg = column.codec == "jpeg"
        self._images = JpegBuffer(column.image_shape, on_error) if is_jpeg else None

    def store(self, rows: Columns, steps: int) -> tuple[NDArray[Any], ...]:
        """Return the arrays that TensorFlow receives for `steps` of equal size, each of shape (steps, ...).

        Texts are padded to the longest of all steps, and come with the bucket of each step.
        """
        if self._images is not None:
            return (self._images.put(rows[self._name], steps),)
        if self._column.codec == "tokens":
            padded = padded_tokens(rows[self._name], self._column.dtype, self._buckets)
            longest = rows[self._name].lengths.reshape(steps, -1).max(axis=1) // np.dtype(self._column.dtype).itemsize
            buckets = np.array([choose_bucket(length, self._buckets) for length in longest], np.int32)
            return padded.reshape(steps, -1, padded.shape[1]), buckets
        values = stored_input(rows, self._name, self._column)
        return (values.reshape(steps, -1, *values.shape[1:]),)

    @property
    def signature(self) -> tuple[tf.TensorSpec, ...]:
        """TensorFlow signature of the arrays that `store` returns, for one step."""
        size = self._size
        match self._column.codec:
            case "tokens":
                return tf.TensorSpec((None, size, None), tf.int32), tf.TensorSpec((None,), tf.int32)
            case "jpeg":
                return (tf.TensorSpec((None,), tf.int64),)
            case "png":
                return (tf.TensorSpec((None, size), tf.string),)
        return (tf.TensorSpec((None, size, *self._column.fixed_shape), self._column.dtype),)

    def decode(self, stored: tuple[tf.Tensor, ...]) -> tf.Tensor:
        """Return the model's input for one step.

        Returns:
            Pixels (batch, height, width, channels), tokens (batch, bucket), or windows (batch, length, features).
        """
        if self._images is not None:
            return self._images.take(stored[0], self._size)
        if self._column.codec == "tokens":
            tokens, bucket = stored
            return tokens[:, :bucket]
        return decoder(self._column)(stored[0]) if self._column.codec == "png" else stored[0]

    def clear(self) -> None:
        """Drop stored values that will not be decoded."""
        if self._images is not None:
            self._images.clear()
