"""The export formats: how to write a model in each, and how to run the written model."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from headrace.errors import ConfigurationError
from headrace.export.onnx_file import OnnxModel, require_onnx, write_onnx
from headrace.export.query_and_item_vectors import QUERY, query_model
from headrace.export.saved_model import SavedModel, describe_signatures, write_saved_model
from headrace.export.serving_function import ServingModel
from headrace.export.tflite_file import LiteModel, write_tflite
from headrace.one_or_several_inputs import Inputs

Name = Literal["saved_model", "onnx", "tflite"]
Quantised = Literal["float16"]

TOLERANCE = 1e-4
# float16 has 11 significant bits: weights have a relative error of up to 0.05 %, in every layer.
HALF_TOLERANCE = 1e-2


class RunningModel(Protocol):
    """An exported model, loaded and ready to predict."""

    def predict(self, inputs: Inputs) -> NDArray[np.float32]:
        """Return predictions (rows, outputs) for images, tokens, windows, or several by name."""


class ExportedModel(NamedTuple):
    """An exported model.

    Attributes:
        path: its path on disk.
        running: the model, loaded from there.
        signatures: what its signatures take, if it has any.
        queries: the network of a row's vector, loaded too; None unless the model scores items by such a vector.
        query_file: the file of that network; empty if it is a signature of the model.
    """

    path: Path
    running: RunningModel
    signatures: dict[str, str] | None = None
    queries: RunningModel | None = None
    query_file: str = ""


@dataclass(frozen=True)
class Format:
    """An export format with its type of weights.

    Attributes:
        quantise: `float16`, for tflite only; None keeps float32.
    """

    name: Name
    quantise: Quantised | None = None

    @property
    def tolerance(self) -> float:
        """Return the maximum difference from the bundle's predictions; relative for numbers above 1."""
        return HALF_TOLERANCE if self.quantise else TOLERANCE

    def require_usable(self) -> None:
        """Raise if the format cannot be written on this machine.

        Raises:
            ConfigurationError: packages are missing, or the format does not support the type of weights.
        """
        if self.quantise and self.name != "tflite":
            raise ConfigurationError(
                f"--quantise {self.quantise} works only with --to tflite; remove it for --to {self.name}."
            )
        if self.name == "onnx":
            require_onnx()

    def write(self, served: ServingModel, folder: Path) -> ExportedModel:
        """Convert `served`, write it into `folder` and load the written model."""
        queries = query_model(served)
        if self.name == "saved_model":
            path = write_saved_model(served, folder, queries)
            running = SavedModel(path, QUERY) if queries else None
            return ExportedModel(path, SavedModel(path), describe_signatures(served, queries), running)
        path, model = self._write_file(served, folder, "model")
        if queries is None:
            return ExportedModel(path, model)
        query_path, query = self._write_file(queries, folder, "query")
        return ExportedModel(path, model, queries=query, query_file=query_path.name)

    def _write_file(self, served: ServingModel, folder: Path, stem: str) -> tuple[Path, RunningModel]:
        if self.name == "onnx":
            path = write_onnx(served, folder, stem)
            return path, OnnxModel(path)
        path = write_tflite(served, folder, half=self.quantise == "float16", stem=stem)
        return path, LiteModel(path)
