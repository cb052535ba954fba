"""TensorFlow Lite: one flat file for phones and small devices."""

import logging
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.export.served import SIGNATURE, Served

log = logging.getLogger(__name__)


def write_tflite(served: Served, folder: Path, half: bool = False) -> Path:
    """Write `model.tflite`.

    Args:
        half: weights are kept as float16, in half the bytes; sums stay in float32.
    """
    target = folder / "model.tflite"
    with TemporaryDirectory() as aside:
        archive = keras.export.ExportArchive()
        archive.track(served.model)
        archive.add_endpoint(SIGNATURE, served.answer, input_signature=[served.input])
        archive.write_out(aside, verbose=False)
        target.write_bytes(_converted(aside, half))
    return target


def _converted(saved_model: str, half: bool) -> bytes:
    converter = tf.lite.TFLiteConverter.from_saved_model(saved_model, signature_keys=[SIGNATURE])
    if half:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    # What TensorFlow Lite has no kernel of its own for, such as lists in loops, is done by TensorFlow's.
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]
    converted: bytes = converter.convert()
    return converted


class LiteModel:
    """The exported model in TensorFlow Lite's interpreter."""

    def __init__(self, path: Path) -> None:
        self._interpreter = tf.lite.Interpreter(str(path))
        self._runner = self._interpreter.get_signature_runner(SIGNATURE)

    @property
    def needs_tensorflow_ops(self) -> bool:
        """Whether a device needs the library of Select TF ops beside TensorFlow Lite's own."""
        return any(op["op_name"].startswith("Flex") for op in self._interpreter._get_ops_details())

    def answers(self, inputs: NDArray[Any]) -> NDArray[np.float32]:
        """For images or tokens."""
        (argument,), (output,) = self._runner.get_input_details(), self._runner.get_output_details()
        answers: NDArray[np.float32] = self._runner(**{argument: inputs})[output]
        return answers
