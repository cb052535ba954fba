"""Saved models: metadata as pyspark.ml writes it, and the files of the bundle, on any file system of Hadoop."""

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.ml.util import DefaultParamsReader, DefaultParamsWriter, MLReader, MLWriter

from headrace.api.bundle import Bundle
from headrace.bundle import MANIFEST
from headrace.errors import ConfigurationError, DataError, StoreError
from headrace.ml.hadoop_folder import HadoopFolder, first_line
from headrace.predict.udf.bundle_broadcast import unpack_bundle

if TYPE_CHECKING:
    from headrace.ml.fitted_model import FittedModel

# Folder of the bundle's files beside `metadata`, and the key of the metadata that has their hashes.
BUNDLE, STATE = "bundle", "headrace"


class ModelWriter(MLWriter):
    """Writer of a model to a folder: of this machine, or any address that the session's Hadoop knows, such as s3a://."""

    def __init__(self, model: "FittedModel") -> None:
        super().__init__()
        self._model = model

    def save(self, path: str) -> None:
        """Save the model; the metadata is written last, without which the folder is no model.

        Raises:
            ConfigurationError: the folder exists, and `overwrite()` was not called.
            DataError: the bundle was damaged since.
            StoreError: the file system refuses a file.
        """
        # A damaged bundle must not replace a saved model.
        bundle = Bundle(self._model.bundle.path)._bundle
        files = {name: (bundle.folder / name).read_bytes() for name in bundle.files}
        folder = HadoopFolder(self.sparkSession, path)
        if folder.exists():
            if not self.shouldOverwrite:
                raise ConfigurationError(
                    f"{path} exists already; replace it with write().overwrite().save(path), or save to another folder."
                )
            folder.remove()
        try:
            folder.write(BUNDLE, files)
            hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
            state = {STATE: self._model._state | {"hashes": hashes}}
            DefaultParamsWriter.saveMetadata(self._model, path, self.sparkSession.sparkContext, state)
        except BaseException:
            with suppress(StoreError):
                folder.remove()
            raise

    def saveImpl(self, path: str) -> None:
        """Save the model; see `save`."""
        self.save(path)


class ModelReader(MLReader):
    """Reader of what `ModelWriter` writes; nothing is unpickled, and no code is run before the hashes are checked."""

    def __init__(self, kind: type["FittedModel"]) -> None:
        super().__init__()
        self._kind = kind

    def load(self, path: str) -> "FittedModel":
        """Load a model; its bundle is unpacked into a temporary folder of this machine that is named by its hash.

        Raises:
            DataError: there is no such model, or a file of it is missing or damaged.
            StoreError: the file system cannot be read.
        """
        metadata = self._metadata(path)
        try:
            state = dict(metadata[STATE])
            hashes: dict[str, str] = state.pop("hashes")
            manifest = hashes[MANIFEST]
        except (KeyError, TypeError, ValueError):
            raise DataError(f"{path} is not a model of this version of Headrace; save it again.") from None
        files = HadoopFolder(self.sparkSession, path).read(BUNDLE, sorted(hashes))
        for name, expected in hashes.items():
            if hashlib.sha256(files[name]).hexdigest() != expected:
                raise DataError(f"The model {path} is damaged: {BUNDLE}/{name} was changed; restore it, or save again.")
        model = self._kind(Bundle(unpack_bundle(files, manifest)), state)
        model._resetUid(metadata["uid"])
        DefaultParamsReader.getAndSetParams(model, metadata)
        return model

    def _metadata(self, path: str) -> dict[str, Any]:
        """Return the metadata of a saved model of the reader's class."""
        folder = HadoopFolder(self.sparkSession, path)
        if not folder.exists("metadata"):
            raise DataError(f"{path} is no saved model: it has no metadata; expected a folder of model.save(path).")
        expected = f"{self._kind.__module__}.{self._kind.__name__}"
        try:
            metadata: dict[str, Any] = DefaultParamsReader.loadMetadata(path, self.sparkSession.sparkContext)
            found = metadata["class"]
        except (PySparkException, Py4JJavaError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"The metadata of {path} cannot be read: {first_line(error)}.") from None
        if found != expected:
            raise DataError(f"{path} holds a {found}; expected a {expected}; load it with its own class.")
        return metadata
