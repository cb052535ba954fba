"""TensorFlow's own format: a folder that TensorFlow Serving and every TensorFlow program load without Keras."""

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.export.serving import SIGNATURE, ServingModel

ENCODED = "encoded"

Answer = Callable[[tf.Tensor], dict[str, tf.Tensor]]


class Endpoint(NamedTuple):
    """A function that a SavedModel offers, under the name of its signature, and what it takes."""

    signature: str
    answer: Answer
    input: tf.TensorSpec


def write_saved_model(served: ServingModel, folder: Path) -> Path:
    """Write the folder `saved_model`: signature `serving_default`, and of images also `encoded`.

    `encoded` takes the bytes of PNG or JPEG files, (rows,) string, of exactly the contract's height and width.
    """
    target = folder / "saved_model"
    endpoints = [Endpoint(SIGNATURE, served.answer, served.input)]
    if served.contract.input_kind == "image":
        spec = tf.TensorSpec((None,), tf.string, name=ENCODED)
        endpoints.append(Endpoint(ENCODED, _file_function(served), spec))
    write_archive(served, endpoints, target)
    return target


def write_archive(served: ServingModel, endpoints: Iterable[Endpoint], target: Path) -> None:
    """Write `served` to the new folder `target`, with a signature for each of `endpoints`."""
    # It tells where assets were written to: a folder of another name, as yet, and empty.
    logging.getLogger("tensorflow").setLevel(logging.WARNING)
    archive = keras.export.ExportArchive()
    archive.track(served.model)
    for endpoint in endpoints:
        archive.add_endpoint(endpoint.signature, endpoint.answer, input_signature=[endpoint.input])
    archive.write_out(str(target), verbose=False)


def _file_function(served: ServingModel) -> Answer:
    shape = served.contract.input_shape

    def pixels(data: tf.Tensor) -> tf.Tensor:
        channels = int(shape[2] or 0)
        decoded = tf.cond(
            tf.io.is_jpeg(data),
            # As libjpeg decodes for Pillow and in preparation; TensorFlow's default is faster and differs.
            lambda: tf.io.decode_jpeg(data, channels, dct_method="INTEGER_ACCURATE"),
            lambda: tf.io.decode_png(data, channels),
        )
        return tf.ensure_shape(decoded, shape)

    def answer(files: tf.Tensor) -> dict[str, tf.Tensor]:
        return served.answer(tf.map_fn(pixels, files, fn_output_signature=tf.TensorSpec(shape, tf.uint8)))

    return answer


class SavedModel:
    """The exported model, as any TensorFlow program loads it: no Keras and no source of the network takes part."""

    def __init__(self, path: Path) -> None:
        # It holds the variables; its functions alone would not keep them alive.
        self._loaded = tf.saved_model.load(str(path))

    def predict(self, inputs: NDArray[Any]) -> NDArray[np.float32]:
        """Of the signature `serving_default`, for images or tokens."""
        return self._ask(SIGNATURE, inputs)

    def predict_files(self, files: NDArray[Any]) -> NDArray[np.float32]:
        """Of the signature `encoded`, for bytes of PNG and JPEG files."""
        return self._ask(ENCODED, files)

    def _ask(self, name: str, inputs: NDArray[Any]) -> NDArray[np.float32]:
        signature = self._loaded.signatures[name]
        (argument,) = signature.structured_input_signature[1]
        (output,) = signature.structured_outputs
        answers: NDArray[np.float32] = signature(**{argument: tf.constant(inputs)})[output].numpy()
        return answers
