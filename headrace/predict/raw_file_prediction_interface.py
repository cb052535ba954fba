"""Declare how an input kind predicts raw files, one record each."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from headrace.config.configuration_model import Prepare
from headrace.features.input_kind_loader import input_module
from headrace.predict.input_files import InputFile, RawFileLimits
from headrace.predict.outputs.prediction_part_output import PredictionOutput

if TYPE_CHECKING:
    from headrace.bundle_inference import Inference


class RawFilePredictionInterface(Protocol):
    """The module `raw_file_prediction` of an input kind of which a raw file can be a record."""

    def limits(self, settings: Prepare) -> RawFileLimits:
        """Return what a raw file must not exceed."""

    def require_single_records(self, files: Sequence[InputFile]) -> None:
        """Raise if the names of files say that they hold many records.

        Raises:
            DataError: they do.
        """

    def predict_files(self, files: Sequence[InputFile], settings: Prepare, inference: "Inference") -> PredictionOutput:
        """Return the predictions for the files, prepared by `settings`."""


def raw_file_prediction_module(kind: str) -> RawFilePredictionInterface:
    """Return the module `raw_file_prediction` of the input kind `kind`."""
    module: RawFilePredictionInterface = input_module(kind, "raw_file_prediction")
    return module
