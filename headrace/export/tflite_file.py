"""TensorFlow Lite export: one file for phones and small devices that uses only TensorFlow Lite's own operations."""

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.lite.python.convert import ConverterError

from headrace.errors import ConfigurationError
from headrace.export.converter_output import captured_stderr, describe_failure
from headrace.export.saved_model import Endpoint, Predict, write_archive
from headrace.export.serving_function import SIGNATURE, ServingModel, as_arguments
from headrace.one_or_several_inputs import Inputs


def write_tflite(served: ServingModel, folder: Path, half: bool = False, stem: str = "model") -> Path:
    """Write `model.tflite` into `folder` and return its path.

    Args:
        stem: name of the file without its suffix.
        half: store weights as float16, in half the bytes; arithmetic stays float32.

    Raises:
        ConfigurationError: TensorFlow Lite has no operation for a part of the network.
    """
    target = folder / f"{stem}.tflite"
    converted = _convert(served, served.predict, half)
    if isinstance(converted, str):
        converted = _convert(served, _row_by_row(served), half)
    if isinstance(converted, str):
        raise ConfigurationError(
            f"TensorFlow Lite cannot run this network: {converted}; nothing was written. "
            "Export to another format, or change the network."
        )
    target.write_bytes(converted)
    return target


def _row_by_row(served: ServingModel) -> Predict:
    """Return `served.predict` as a loop over rows.

    TensorFlow Lite supports lists only of tensors with a fixed shape, such as the outputs of a recurrent layer for one
    row, and inserts an axis only if at most one length is free. With a bidirectional LSTM of width 64 over 40
    tokens, one row takes 0.6 ms instead of 0.5 ms without the loop, and 64 rows 36 ms instead of 6 ms.
    """
    spec = tf.TensorSpec(served.output_shape, tf.float32)

    def predict(inputs: Any) -> dict[str, tf.Tensor]:
        name = served.output_name

        def predict_row(row: Any) -> tf.Tensor:
            return served.predict(tf.nest.map_structure(lambda values: values[None], row))[name][0]

        return {name: tf.map_fn(predict_row, inputs, fn_output_signature=spec)}

    return predict


def _convert(served: ServingModel, predict: Predict, half: bool) -> bytes | str:
    """Return the content of the file, or the reason why TensorFlow Lite cannot run the network."""
    with TemporaryDirectory() as temporary:
        write_archive(served, [Endpoint(SIGNATURE, predict, served.input)], Path(temporary))
        converter = tf.lite.TFLiteConverter.from_saved_model(temporary, signature_keys=[SIGNATURE])
        if half:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_types = [tf.float16]
        with captured_stderr() as output:
            try:
                converted: bytes = converter.convert()
            except ConverterError as error:
                return describe_failure(f"{error}\n{output()}")
    return converted


class LiteModel:
    """The exported model in TensorFlow Lite's interpreter."""

    def __init__(self, path: Path) -> None:
        # The interpreter prints which delegate it uses, and announces a separate package that will replace it; every
        # supported TensorFlow still includes this one.
        with warnings.catch_warnings(), captured_stderr():
            warnings.filterwarnings("ignore", "(?s).*tf.lite.Interpreter is deprecated", UserWarning)
            self._interpreter = tf.lite.Interpreter(str(path))
            self._interpreter.allocate_tensors()
            self._runner = self._interpreter.get_signature_runner(SIGNATURE)

    def predict(self, inputs: Inputs) -> NDArray[np.float32]:
        """Return predictions (rows, outputs) for images, tokens, windows, or several by name."""
        (output,) = self._runner.get_output_details()
        predictions: NDArray[np.float32] = self._runner(**as_arguments(inputs, self._runner.get_input_details()))[
            output
        ]
        return predictions
