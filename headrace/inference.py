"""A bundle's model, ready to answer: the same answers in evaluation, in prediction and in a user's program."""

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.bundle import Bundle
from headrace.schema import Contract
from headrace.stream.reader import Columns

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tensorflow as tf  # noqa: E402  after the settings it reads when it is imported

from headrace.stream.dataset import decoder, stored_input  # noqa: E402


class Inference:
    """The model of a bundle with its compiled forward pass."""

    def __init__(self, bundle: Bundle) -> None:
        self.contract = bundle.contract
        self._model = bundle.model()
        shape = (None, *bundle.contract.input_shape)
        self._forward = tf.function(self._call, input_signature=[tf.TensorSpec(shape, tf.uint8)])

    def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(rows, height, width, channels) uint8, prepared as in training -> (rows, classes)."""
        answer: NDArray[np.float32] = self._forward(pixels).numpy()
        return answer

    def decoded(self, rows: Columns, contract: Contract) -> NDArray[np.uint8]:
        """The inputs among `rows` of a table with `contract`: (rows, height, width, channels) uint8."""
        name, column = contract.named("input")
        stored = stored_input(rows, name, column)
        if column.codec == "raw":
            return stored
        pixels: NDArray[np.uint8] = decoder(column)(tf.constant(stored)).numpy()
        return pixels

    def _call(self, pixels: Any) -> Any:
        return self._model(pixels, training=False)
