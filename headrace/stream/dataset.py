"""Batches as a `tf.data.Dataset`: decoded in TensorFlow's own threads, ahead of the step that needs them."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.schema import Column, Contract
from headrace.stream.batches import RankStream
from headrace.stream.reader import Columns

PREFETCHED_STEPS = 8
DECODING_CALLS = 2

# TensorFlow's default for JPEG is no faster and off by up to 5 of 255; so every codec gives Pillow's pixels exactly.
DECODERS = {"png": tf.io.decode_png, "jpeg": partial(tf.io.decode_jpeg, dct_method="INTEGER_ACCURATE")}

Step = tuple[NDArray[Any], NDArray[Any], NDArray[np.float32]]


class Batches:
    """Decoded steps of one rank, and the error that ended them, if one did.

    `tf.data` turns an error in a Python generator into text; `failure` keeps the error itself.
    """

    def __init__(self, stream: RankStream, contract: Contract) -> None:
        self.stream = stream
        self.failure: Exception | None = None
        self._input_name, self._input = contract.named("input")
        self._target_name, _ = contract.named("target")

    def dataset(self, first_epoch: int, first_step: int, epochs: int) -> tf.data.Dataset:
        """Steps (input, target, weight) from `first_step` of `first_epoch` to the end of epoch `epochs` - 1.

        Input: (batch, *shape) of the contract's input; target: (batch,) int32; weight: (batch,) float32, 0 for
        padding.
        """

        def steps() -> Iterator[Step]:
            for epoch in range(first_epoch, epochs):
                yield from self._epoch(epoch, first_step if epoch == first_epoch else 0)

        return self._dataset(steps)

    def _epoch(self, epoch: int, from_step: int) -> Iterator[Step]:
        try:
            for rows, weights in self.stream.epoch(epoch, from_step):
                yield stored_input(rows, self._input_name, self._input), rows[self._target_name], weights
        except Exception as error:
            self.failure = error
            raise

    def _dataset(self, steps: Callable[[], Iterator[Step]]) -> tf.data.Dataset:
        size = self.stream.batch_size
        raw = self._input.codec == "raw"
        inputs = tf.TensorSpec((size, *self._input.shape) if raw else (size,), tf.uint8 if raw else tf.string)
        signature = (inputs, tf.TensorSpec((size,), tf.int32), tf.TensorSpec((size,), tf.float32))
        dataset = tf.data.Dataset.from_generator(steps, output_signature=signature)
        if not raw:
            decode = decoder(self._input)
            dataset = dataset.map(lambda x, y, w: (decode(x), y, w), num_parallel_calls=DECODING_CALLS)
        return dataset.prefetch(PREFETCHED_STEPS).with_options(_options())


def stored_input(rows: Columns, name: str, column: Column) -> NDArray[Any]:
    """The stored values of an input column: pixels where they are stored raw, else encoded bytes."""
    values = rows[name]
    if column.codec != "raw":
        return values
    pixels = np.frombuffer(b"".join(values.tolist()), dtype=column.dtype)
    return pixels.reshape(len(values), *column.shape)


def decoder(column: Column) -> Callable[[tf.Tensor], tf.Tensor]:
    """A function from a batch of encoded images, (batch,) string, to pixels (batch, height, width, channels)."""
    decode = partial(DECODERS[column.codec], channels=column.shape[-1])

    def one(data: tf.Tensor) -> tf.Tensor:
        return tf.ensure_shape(decode(data), column.shape)

    return lambda batch: tf.map_fn(one, batch, fn_output_signature=tf.TensorSpec(column.shape, tf.uint8))


def _options() -> tf.data.Options:
    options = tf.data.Options()
    options.deterministic = True
    # With the autotuner on, freeing the iterator of a short epoch took seconds on idle cores.
    options.autotune.enabled = False
    return options
