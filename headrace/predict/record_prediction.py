"""Prediction of the records of a file or of standard input, prepared as in training; declare what a kind adds."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from headrace.config.configuration import Prepare
from headrace.features.kind_modules import kind_module
from headrace.predict.output import PredictionOutput
from headrace.predict.text_record_file import Record
from headrace.prepare.rejects.rejection import RejectedRecordError

if TYPE_CHECKING:
    from headrace.inference import Inference


class RecordBatcher(Protocol):
    """Prepares records and predicts them in batches."""

    def add(self, cell: str | bytes, output: PredictionOutput) -> None:
        """Add a record; predict the batch when it is full.

        Raises:
            RejectedRecordError: the record cannot be used.
        """

    def flush(self, output: PredictionOutput) -> None:
        """Predict the collected records."""


class RecordPredictionInterface(Protocol):
    """The module `record_prediction` of an input kind of which a row of a file can be a record."""

    def make_batcher(self, settings: Prepare, inference: "Inference") -> RecordBatcher:
        """Return the batcher of one file."""


def predict_records(
    name: str, records: Iterable[Record], settings: Prepare, inference: "Inference", *, has_ids: bool = False
) -> PredictionOutput:
    """Predict the records of the file `name`, in order.

    Args:
        has_ids: whether a column names the records.
    """
    module: RecordPredictionInterface = kind_module(inference.contract.input_kind, "record_prediction")
    lines: list[int] = []
    ids: list[str] | None = [] if has_ids else None
    output, batcher = PredictionOutput(lines=lines, ids=ids), module.make_batcher(settings, inference)
    for record in records:
        try:
            if record.rejection is not None:
                raise record.rejection
            batcher.add(record.text, output)
            output.paths.append(name)
            lines.append(record.line)
            if ids is not None:
                ids.append(record.identity)
        except RejectedRecordError as rejection:
            output.reject(f"{name}:{record.line}", rejection)
    batcher.flush(output)
    return output
