"""Predict raw text files."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from headrace.config.configuration_model import Prepare
from headrace.errors import DataError
from headrace.features.text.record_encoder_in_prediction import predict_texts
from headrace.predict.input_files import InputFile, RawFileLimits, read_raw
from headrace.predict.outputs.prediction_part_output import PredictionOutput
from headrace.prepare.readers import format_from_name
from headrace.prepare.rejects.reasons_and_exceptions import Reason
from headrace.wording import escape_path

if TYPE_CHECKING:
    from headrace.bundle_inference import Inference


def limits(settings: Prepare) -> RawFileLimits:
    """See `RawFilePredictionInterface`."""
    return RawFileLimits(settings.text.max_bytes, Reason.NOT_TEXT)


def require_single_records(files: Sequence[InputFile]) -> None:
    """Raise if a folder with one text per file holds a file whose name indicates many texts."""
    table = next((file for file in files if format_from_name(file.file)), None)
    if table is not None:
        raise DataError(
            f"The folder {table.root} holds {escape_path(table.file)}, a file of many texts, and a file in a folder is "
            f"one text; name such files themselves, for example '{table.root}/*{Path(table.file).suffix}'."
        )


def predict_files(files: Sequence[InputFile], settings: Prepare, inference: "Inference") -> PredictionOutput:
    """See `RawFilePredictionInterface`."""
    texts = ((file.name, partial(read_raw, file, settings)) for file in files)
    return predict_texts(texts, settings, inference)
