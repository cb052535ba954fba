"""How the stored values of the input column travel to TensorFlow, and what it makes of them."""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.schema import Column
from headrace.stream.buckets import bucket_of, padded_tokens
from headrace.stream.columns import Columns
from headrace.stream.decode import decoder, stored_input


class InputForm(NamedTuple):
    """Of one input column.

    Attributes:
        name: of the column.
        buckets: lengths that texts are padded to.
    """

    name: str
    column: Column
    buckets: tuple[int, ...]

    @property
    def is_text(self) -> bool:
        """Whether the column holds tokens."""
        return self.column.codec == "tokens"

    @property
    def is_encoded(self) -> bool:
        """Whether TensorFlow must decode images."""
        return self.column.codec in ("png", "jpeg")

    def stored(self, rows: Columns, steps: int) -> tuple[NDArray[Any], ...]:
        """What is handed to TensorFlow for `steps` of equal size: arrays of shape (steps, batch, ...).

        Texts are padded to the longest of all steps here, and come with the bucket of each step: (steps,).
        """
        if self.is_text:
            padded = padded_tokens(rows[self.name], self.column.dtype, self.buckets)
            lengths = rows[self.name].lengths.reshape(steps, -1).max(axis=1) // np.dtype(self.column.dtype).itemsize
            buckets = np.array([bucket_of(length, self.buckets) for length in lengths], np.int32)
            return padded.reshape(steps, -1, padded.shape[1]), buckets
        values = stored_input(rows, self.name, self.column)
        return (values.reshape(steps, -1, *values.shape[1:]),)

    def signature(self, size: int) -> tuple[tf.TensorSpec, ...]:
        """Of what `stored` gives, for batches of `size` rows."""
        if self.is_text:
            return tf.TensorSpec((None, size, None), tf.int32), tf.TensorSpec((None,), tf.int32)
        if self.is_encoded:
            return (tf.TensorSpec((None, size), tf.string),)
        return (tf.TensorSpec((None, size, *self.column.image_shape), self.column.dtype),)

    def decoded(self, stored: tuple[tf.Tensor, ...]) -> tf.Tensor:
        """One step as the model takes it: pixels (batch, height, width, channels), tokens (batch, bucket)."""
        if self.is_text:
            tokens, bucket = stored
            return tokens[:, :bucket]
        return decoder(self.column)(stored[0]) if self.is_encoded else stored[0]
