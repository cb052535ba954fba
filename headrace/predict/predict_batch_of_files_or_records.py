"""Predict a batch of raw inputs; shared by `headrace predict`, `Bundle.transform` and SQL."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from headrace.config.configuration_model import Prepare
from headrace.predict.input_files import InputFile
from headrace.predict.outputs.prediction_part_output import PredictionOutput
from headrace.predict.raw_file_prediction_interface import raw_file_prediction_module
from headrace.predict.records.predict_rows_and_lines import predict_records
from headrace.predict.records.record_file_reader import Record

if TYPE_CHECKING:
    from headrace.bundle_inference import Inference


class Batch(NamedTuple):
    """Raw inputs, all of one kind.

    Attributes:
        files: files that are one record each.
        records: records of a file, or cells of a column; None for `files`.
        name: of the file that `records` are of.
    """

    files: tuple[InputFile, ...] = ()
    records: Iterable[Record] | None = None
    name: str = ""


def predict_raw_inputs(
    batch: Batch, settings: Prepare, inference: "Inference", *, has_ids: bool = False
) -> PredictionOutput:
    """Return the predictions for raw inputs, prepared as in training, and those that are rejected with the reasons.

    Args:
        has_ids: whether a column names the records.
    """
    if batch.records is not None:
        return predict_records(batch.name, batch.records, settings, inference, has_ids=has_ids)
    return raw_file_prediction_module(inference.contract.input_kind).predict_files(batch.files, settings, inference)
