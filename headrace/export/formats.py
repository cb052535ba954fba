"""The formats there are: how a network becomes one, and how its answers are had from there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from headrace.errors import ConfigurationError
from headrace.export.onnx_file import OnnxModel, require_onnx, write_onnx
from headrace.export.saved_model import SavedModel, write_saved_model
from headrace.export.serving import ServingModel
from headrace.export.tflite_file import LiteModel, write_tflite

Name = Literal["saved_model", "onnx", "tflite"]
Quantised = Literal["float16"]

TOLERANCE = 1e-4
# Weights of 11 bits are off by up to 0.05 %, in every layer.
HALF_TOLERANCE = 1e-2


class RunningModel(Protocol):
    """An exported model, running."""

    def predict(self, inputs: NDArray[Any]) -> NDArray[np.float32]:
        """For images or tokens."""


class Exported(NamedTuple):
    """An exported model on disk, and running from there."""

    path: Path
    running: RunningModel


@dataclass(frozen=True)
class Format:
    """A format, and how its weights are kept.

    Attributes:
        quantise: `float16`, of tflite alone.
    """

    name: Name
    quantise: Quantised | None = None

    @property
    def tolerance(self) -> float:
        """By how much an answer may differ from the bundle's; of numbers above 1, relative to their size."""
        return HALF_TOLERANCE if self.quantise else TOLERANCE

    def require_usable(self) -> None:
        """Raise if it cannot be written here.

        Raises:
            ConfigurationError: packages are missing, or the format keeps no weights like that.
        """
        if self.quantise and self.name != "tflite":
            raise ConfigurationError(
                f"--quantise {self.quantise} belongs to --to tflite; leave it out for {self.name}."
            )
        if self.name == "onnx":
            require_onnx()

    def write(self, served: ServingModel, folder: Path) -> Exported:
        """Convert `served` into `folder` and load what was written."""
        if self.name == "saved_model":
            path = write_saved_model(served, folder)
            return Exported(path, SavedModel(path))
        if self.name == "onnx":
            path = write_onnx(served, folder)
            return Exported(path, OnnxModel(path))
        path = write_tflite(served, folder, half=self.quantise == "float16")
        return Exported(path, LiteModel(path))
