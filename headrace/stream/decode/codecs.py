"""Codecs: stored values of the input column -> pixels (batch, height, width, channels), tokens (batch, length), or
windows."""

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
from headrace.stream.decode.tokens import choose_bucket, padded_tokens
from headrace.stream.read.columns import BinaryColumn, Columns, aligned_buffer

COLOURS = {1: "GRAY", 3: "RGB"}


def stored_input(rows: Columns, name: str, column: Column, buckets: Sequence[int] = ()) -> NDArray[Any]:
    """The values of an input column: numbers where they are stored raw, padded tokens, else encoded bytes."""
    values = rows[name]
    if not isinstance(values, BinaryColumn):
        values = BinaryColumn.of(values.tolist())
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
    pixels = aligned_buffer((len(encoded), *shape))
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


class JpegHandoff:
    """The encoded images of steps that TensorFlow has been told of and has not decoded yet.

    Args:
        shape: of one image, (height, width, channels).
        failed: is told of an image that cannot be decoded.
    """

    def __init__(self, shape: tuple[int, int, int], failed: Callable[[Exception], None]) -> None:
        self._shape = shape
        self._failed = failed
        self._tickets = count()
        self._waiting: dict[int, BinaryColumn] = {}

    def put(self, images: BinaryColumn, steps: int) -> NDArray[np.int64]:
        """Tickets for `steps` of equal size: (steps,)."""
        size = len(images) // steps
        tickets = [next(self._tickets) for _ in range(steps)]
        for step, ticket in enumerate(tickets):
            self._waiting[ticket] = images[step * size : (step + 1) * size]
        return np.array(tickets, np.int64)

    def take(self, ticket: tf.Tensor, size: int) -> tf.Tensor:
        """The pixels of a step of `size` images, as an operation of a graph: (size, height, width, channels) uint8."""
        return tf.ensure_shape(tf.numpy_function(self._decoded, [ticket], tf.uint8), (size, *self._shape))

    def forget(self) -> None:
        """Drop what nobody will fetch."""
        self._waiting.clear()

    def _decoded(self, ticket: np.int64) -> NDArray[np.uint8]:
        try:
            return decode_jpegs(self._waiting.pop(int(ticket)).views(), self._shape)
        except DataError as error:
            self._failed(error)
            raise


class InputCodec:
    """Of one input column, for one data set.

    Args:
        buckets: lengths that texts are padded to.
        size: rows of a step.
        failed: is told of a value that cannot be decoded.
    """

    def __init__(
        self, name: str, column: Column, buckets: tuple[int, ...], size: int, failed: Callable[[Exception], None]
    ) -> None:
        self._name, self._column, self._buckets, self._size = name, column, buckets, size
        jpeg = column.codec == "jpeg"
        self._images = JpegHandoff(column.image_shape, failed) if jpeg else None

    def stored(self, rows: Columns, steps: int) -> tuple[NDArray[Any], ...]:
        """What is handed to TensorFlow for `steps` of equal size: arrays of shape (steps, ...).

        Texts are padded to the longest of all steps here, and come with the bucket of each step.
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
        """Of what `stored` gives."""
        size = self._size
        match self._column.codec:
            case "tokens":
                return tf.TensorSpec((None, size, None), tf.int32), tf.TensorSpec((None,), tf.int32)
            case "jpeg":
                return (tf.TensorSpec((None,), tf.int64),)
            case "png":
                return (tf.TensorSpec((None, size), tf.string),)
        return (tf.TensorSpec((None, size, *self._column.fixed_shape), self._column.dtype),)

    def decoded(self, stored: tuple[tf.Tensor, ...]) -> tf.Tensor:
        """One step as the model takes it: pixels (batch, height, width, channels), tokens (batch, bucket), windows."""
        if self._images is not None:
            return self._images.take(stored[0], self._size)
        if self._column.codec == "tokens":
            tokens, bucket = stored
            return tokens[:, :bucket]
        return decoder(self._column)(stored[0]) if self._column.codec == "png" else stored[0]

    def forget(self) -> None:
        """Let go of what was stored and will not be decoded any more."""
        if self._images is not None:
            self._images.forget()
