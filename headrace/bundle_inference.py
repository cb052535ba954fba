"""Run the model of a bundle with the same results in evaluation, `predict` and user code."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.bundle import Bundle
from headrace.config.configuration_model import Image
from headrace.contract import Column, Contract
from headrace.engines.keras_settings_reset import own_keras_settings
from headrace.engines.stderr_noise_filter import quiet_tensorflow
from headrace.errors import DataError
from headrace.networks.keras_inputs_and_tensor_specs import input_signature
from headrace.one_or_several_inputs import Inputs
from headrace.prepare.encoders.images.image_transcoding import encode
from headrace.stream.read.binary_columns_and_row_selection import Columns

quiet_tensorflow()

import tensorflow as tf  # noqa: E402  after the settings it reads when it is imported

from headrace.stream.decode.input_column import decoder, stored_input  # noqa: E402
from headrace.stream.decode.pad_tokens_to_buckets import padded_length  # noqa: E402


class Inference:
    """The model of a bundle with its compiled forward pass."""

    def __init__(self, bundle: Bundle) -> None:
        self.contract = bundle.contract
        self.path = bundle.path
        self._buckets = bundle.origin.buckets
        self._model = bundle.model()
        self._forward = tf.function(self._call, input_signature=[input_signature(bundle.contract)])
        # Code that runs with the first batch reads Keras's settings, such as epsilon, too.
        with own_keras_settings():
            self._forward.get_concrete_function()

    def predict(self, inputs: Inputs) -> NDArray[np.float32]:
        """Return the model's predictions for `inputs`.

        Args:
            inputs: arrays as `decode` returns them.

        Returns:
            Probabilities (rows, classes), in regression values (rows, 1), or vectors (rows, size).

        Raises:
            DataError: a prediction is NaN or infinite.
        """
        predictions: NDArray[np.float32] = self._forward(inputs).numpy()
        if not np.isfinite(predictions).all():
            raise DataError(
                f"The bundle {self.path} predicts NaN or infinity: its training diverged. "
                "Train again with a smaller train.optimizer.learning_rate."
            )
        return predictions

    def decode(self, rows: Columns, contract: Contract) -> Inputs:
        """Decode the input columns of `rows` from a table with `contract`.

        Returns:
            Images (rows, height, width, channels) uint8; texts (rows, tokens) int32, padded to the only length of the
            training, or else to the longest text; windows (rows, length, features) float32; of several inputs a dict of
            them by name.
        """
        decoded = {name: self._decode_input(rows, name, one) for name, one in contract.inputs.items()}
        return decoded if contract.is_record else next(iter(decoded.values()))

    def apply_codec(self, images: list[NDArray[np.uint8]], settings: Image) -> NDArray[np.uint8]:
        """Encode and decode `images` as `settings` store them, and return the pixels that training would have seen.

        JPEG compression changes pixels, and the images of a table have been through it.

        Returns:
            Pixels (rows, height, width, channels).
        """
        if settings.stored_as != "jpeg":
            return np.stack(images)
        stored = np.array([encode(pixels, settings) for pixels in images], dtype=object)
        name, column = self.contract.named("input")
        return _decode({name: stored}, name, column)

    def _decode_input(self, rows: Columns, name: str, contract: Contract) -> NDArray[Any]:
        length = padded_length(contract, self._buckets)
        return _decode(rows, name, contract.named("input")[1], (length,) if length else ())

    def _call(self, pixels: Any) -> Any:
        return self._model(pixels, training=False)


def _decode(rows: Columns, name: str, column: Column, buckets: tuple[int, ...] = ()) -> NDArray[Any]:
    """Decode one input column of `rows`; see `padded_tokens` for `buckets`."""
    stored = stored_input(rows, name, column, buckets)
    if column.codec in ("raw", "tokens"):
        return stored
    pixels: NDArray[np.uint8] = _compiled_decoder(column)(tf.constant(stored)).numpy()
    return pixels


@lru_cache
def _compiled_decoder(column: Column) -> Callable[[tf.Tensor], Any]:
    # Decoding small images one by one in Python takes twenty times as long.
    decode: Callable[[tf.Tensor], Any] = tf.function(
        decoder(column), input_signature=[tf.TensorSpec((None,), tf.string)]
    )
    return decode
