"""JPEG images on their way past TensorFlow: only a ticket for each step travels through it.

As string tensors they would be copied three times, from Arrow to Python to TensorFlow and back, a twentieth of the
time that decoding takes. So the threads of `tf.data` fetch them here and decode where Parquet's reader put them.
"""

from collections.abc import Callable
from itertools import count

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.errors import DataError
from headrace.stream.columns import Binary
from headrace.stream.decode import decode_jpegs


class WaitingImages:
    """The encoded images of steps that TensorFlow has been told of and has not decoded yet.

    Args:
        shape: of one image, (height, width, channels).
        failed: is told of an image that cannot be decoded.
    """

    def __init__(self, shape: tuple[int, int, int], failed: Callable[[Exception], None]) -> None:
        self._shape = shape
        self._failed = failed
        self._tickets = count()
        self._waiting: dict[int, Binary] = {}

    def leave(self, images: Binary, steps: int) -> NDArray[np.int64]:
        """Tickets for `steps` of equal size: (steps,)."""
        size = len(images) // steps
        tickets = [next(self._tickets) for _ in range(steps)]
        for step, ticket in enumerate(tickets):
            self._waiting[ticket] = images[step * size : (step + 1) * size]
        return np.array(tickets, np.int64)

    def fetch(self, ticket: tf.Tensor, size: int) -> tf.Tensor:
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
