"""How the stored values of the input column travel to TensorFlow, and what it makes of them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.schema import Column
from headrace.stream.buckets import bucket_of, padded_tokens
from headrace.stream.columns import Columns
from headrace.stream.decode import decoder, stored_input
from headrace.stream.waiting_images import WaitingImages


class InputForm:
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
        self._images = WaitingImages(column.image_shape, failed) if jpeg else None

    def stored(self, rows: Columns, steps: int) -> tuple[NDArray[Any], ...]:
        """What is handed to TensorFlow for `steps` of equal size: arrays of shape (steps, ...).

        Texts are padded to the longest of all steps here, and come with the bucket of each step.
        """
        if self._images is not None:
            return (self._images.leave(rows[self._name], steps),)
        if self._column.codec == "tokens":
            padded = padded_tokens(rows[self._name], self._column.dtype, self._buckets)
            longest = rows[self._name].lengths.reshape(steps, -1).max(axis=1) // np.dtype(self._column.dtype).itemsize
            buckets = np.array([bucket_of(length, self._buckets) for length in longest], np.int32)
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
            return self._images.fetch(stored[0], self._size)
        if self._column.codec == "tokens":
            tokens, bucket = stored
            return tokens[:, :bucket]
        return decoder(self._column)(stored[0]) if self._column.codec == "png" else stored[0]

    def forget(self) -> None:
        """Let go of what was stored and will not be decoded any more."""
        if self._images is not None:
            self._images.forget()
