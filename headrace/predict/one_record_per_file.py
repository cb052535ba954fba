"""Predictions for raw files that are one record each and whose inputs all have one shape: images and audio."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from numpy.typing import NDArray

from headrace.errors import DataError
from headrace.predict.input_files import STDIN, InputFile
from headrace.predict.outputs.prediction_part_output import BATCH, PredictionOutput
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.readers import format_from_name
from headrace.prepare.rejects.reasons_and_exceptions import RejectedRecordError
from headrace.prepare.sources.archives.archive_source import ARCHIVE
from headrace.wording import escape_path

log = logging.getLogger(__name__)

# Formats of tables that hold the names of files, and not their bytes.
TEXT_FORMATS = ("csv", "json")
Decode = Callable[[InputFile, Observations], NDArray[Any]]
Predict = Callable[[list[NDArray[Any]]], NDArray[Any]]


def require_one_record_each(files: Sequence[InputFile], noun: str) -> None:
    """Raise if the names of all files stand for many records each, and warn of archives beside other files.

    Args:
        noun: what one record is, such as `image`.

    Raises:
        DataError: all files are archives, or tables.
    """
    archives = [file for file in files if ARCHIVE.search(file.file)]
    many = archives + [file for file in files if format_from_name(file.file) and file.path != STDIN]
    if many and len(many) == len(files):
        is_text = not archives and format_from_name(many[0].file) in TEXT_FORMATS
        remedy = f"name the folder of the {noun}s that it lists" if is_text else f"extract its {noun}s into a folder"
        raise DataError(
            f"{escape_path(str(many[0].path))} is {'an archive' if archives else 'a table'}, and each file is "
            f"one {noun}; {remedy}, or prepare it and predict the table."
        )
    if archives:
        log.warning(
            "%s archives, such as %r, are not opened; each file is one %s.", len(archives), archives[0].name, noun
        )


def predict_decoded(
    files: Sequence[InputFile], decode: Decode, predict: Predict, rows_at_once: int = BATCH
) -> PredictionOutput:
    """Return the predictions for the files, in batches.

    Args:
        decode: returns the input in a file, and notes what is found; may raise `RejectedRecordError`.
        predict: returns the predictions for several inputs, as `ModelOutputs` has them.
        rows_at_once: number of inputs in a batch.
    """
    output = PredictionOutput()
    for begin in range(0, len(files), rows_at_once):
        inputs = []
        for file in files[begin : begin + rows_at_once]:
            try:
                inputs.append(decode(file, output.observations))
                output.paths.append(file.name)
            except RejectedRecordError as rejection:
                output.reject(file.name, rejection)
        if inputs:
            output.batches.append(predict(inputs))
    return output
