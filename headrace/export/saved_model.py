"""SavedModel export: a folder that TensorFlow Serving and TensorFlow programs load without Keras."""

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.export.serving_function import SIGNATURE, ServingModel, as_arguments
from headrace.one_or_several_inputs import Inputs
from headrace.wording import join_names

ENCODED = "encoded"

Predict = Callable[[tf.Tensor], dict[str, tf.Tensor]]


class Endpoint(NamedTuple):
    """A function of a SavedModel with its signature name and its input."""

    signature: str
    predict: Predict
    input: tf.TensorSpec | dict[str, tf.TensorSpec]


def write_saved_model(served: ServingModel, folder: Path, queries: ServingModel | None = None) -> Path:
    """Write the folder `saved_model` with the signatures of `describe_signatures`; return its path.

    Args:
        queries: the network of a row's vector, which gets a signature of its own.
    """
    target = folder / "saved_model"
    endpoints = [Endpoint(SIGNATURE, served.predict, served.input)]
    if _takes_files(served):
        spec = tf.TensorSpec((None,), tf.string, name=ENCODED)
        endpoints.append(Endpoint(ENCODED, _file_function(served), spec))
    if queries is not None:
        endpoints.append(Endpoint(queries.output_name, queries.predict, queries.input))
    write_archive(served, endpoints, target)
    return target


def describe_signatures(served: ServingModel, queries: ServingModel | None = None) -> dict[str, str]:
    """Return what each signature takes: `serving_default` arrays, and `encoded`, for images, the bytes of files."""
    arrays = f"takes {join_names(list(served.inputs))} as `input` describes"
    signatures = {SIGNATURE: arrays} | ({} if queries is None else {queries.output_name: arrays})
    if not _takes_files(served):
        return signatures
    height, width, channels = served.contract.named("input")[1].image_shape
    colours = "gray" if channels == 1 else "RGB"
    return signatures | {
        ENCODED: f"takes {ENCODED}, (rows,) strings: the bytes of PNG or JPEG files, each with a height of exactly "
        f"{height} and a width of exactly {width} pixels, decoded as {colours}; it neither resizes them nor turns them "
        "by their EXIF orientation, and refuses transparent pixels: put these on white before"
    }


def _takes_files(served: ServingModel) -> bool:
    return served.contract.feature.exports_files


def write_archive(served: ServingModel, endpoints: Iterable[Endpoint], target: Path) -> None:
    """Write `served` to the new folder `target`, with a signature for each of `endpoints`."""
    # It logs that assets were written to a folder, which still has a temporary name and is empty.
    logging.getLogger("tensorflow").setLevel(logging.WARNING)
    archive = keras.export.ExportArchive()
    archive.track(served.model)
    for endpoint in endpoints:
        archive.add_endpoint(endpoint.signature, endpoint.predict, input_signature=[endpoint.input])
    archive.write_out(str(target), verbose=False)


def _file_function(served: ServingModel) -> Predict:
    shape = served.contract.input_shape

    def decode(data: tf.Tensor) -> tf.Tensor:
        channels = int(shape[2] or 0)
        decoded = tf.cond(
            tf.io.is_jpeg(data),
            # Decode as libjpeg does in Pillow and in preparation; TensorFlow's default is faster but differs.
            lambda: tf.io.decode_jpeg(data, channels, dct_method="INTEGER_ACCURATE"),
            lambda: _decode_opaque_png(data, channels),
        )
        return tf.ensure_shape(decoded, shape)

    def predict(files: tf.Tensor) -> dict[str, tf.Tensor]:
        return served.predict(tf.map_fn(decode, files, fn_output_signature=tf.TensorSpec(shape, tf.uint8)))

    return predict


def _decode_opaque_png(data: tf.Tensor, channels: int) -> tf.Tensor:
    """Return the pixels of a PNG file, of which TensorFlow would show those that transparency hides."""
    alpha = tf.io.decode_png(data, channels=4)[..., 3]
    message = "A PNG file has transparent pixels: put it on white, as headrace prepare does, before it is predicted."
    with tf.control_dependencies([tf.debugging.assert_equal(alpha, tf.constant(255, tf.uint8), message)]):
        return tf.io.decode_png(data, channels)


class SavedModel:
    """The exported model, loaded as any TensorFlow program does, without Keras and without the network's source.

    Args:
        signature: the signature that predicts from arrays.
    """

    def __init__(self, path: Path, signature: str = SIGNATURE) -> None:
        self._signature = signature
        # Keep the loaded object: it owns the variables, and its functions alone do not keep them alive.
        self._loaded = tf.saved_model.load(str(path))

    def predict(self, inputs: Inputs) -> NDArray[np.float32]:
        """Return predictions of the signature for images, tokens, windows, or several by name."""
        return self._call(self._signature, inputs)

    def predict_files(self, files: NDArray[Any]) -> NDArray[np.float32]:
        """Return predictions of the signature `encoded` for the bytes of PNG and JPEG files."""
        return self._call(ENCODED, files)

    def _call(self, name: str, inputs: Inputs) -> NDArray[np.float32]:
        signature = self._loaded.signatures[name]
        (output,) = signature.structured_outputs
        named = as_arguments(inputs, signature.structured_input_signature[1])
        tensors = {argument: tf.constant(values) for argument, values in named.items()}
        predictions: NDArray[np.float32] = signature(**tensors)[output].numpy()
        return predictions
