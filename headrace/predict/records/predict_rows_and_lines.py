"""Prediction of the records of a file or of standard input, prepared as in training."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from headrace.config.configuration_model import Prepare
from headrace.features.input_kind_loader import input_module
from headrace.predict.outputs.prediction_columns_interface import summarize_outputs
from headrace.predict.outputs.prediction_part_output import BATCH, PredictionOutput
from headrace.predict.records.record_encoder_in_prediction_interface import PredictionEncoderInterface
from headrace.predict.records.record_file_reader import Record
from headrace.prepare.rejects.reasons_and_exceptions import RejectedRecordError

if TYPE_CHECKING:
    from headrace.bundle_inference import Inference


class RecordBatcher:
    """Prepares records and predicts them in batches."""

    def __init__(self, settings: Prepare, inference: "Inference") -> None:
        self._kind: PredictionEncoderInterface = input_module(
            inference.contract.input_kind, "record_encoder_in_prediction"
        )
        self._preparer, self._inference = self._kind.make_preparer(settings), inference
        self._records: list[Any] = []

    def add(self, cell: str | bytes, path: str, output: PredictionOutput) -> None:
        """Add a record; predict the batch when it is full.

        Args:
            path: of the record in messages.

        Raises:
            RejectedRecordError: the record cannot be used.
        """
        self._records.append(self._preparer.prepare(cell, path))
        if len(self._records) == BATCH:
            self.flush(output)

    def flush(self, output: PredictionOutput) -> None:
        """Predict the collected records, and add what was found in all records so far to the output."""
        output.observations.update(self._preparer.take_observations())
        if not self._records:
            return
        contract = self._inference.contract
        stored = self._kind.encode(self._records, self._inference, output.observations)
        columns = {name: np.array(values, dtype=object) for name, values in stored.items()}
        outputs = self._inference.predict(self._inference.decode(columns, contract))
        output.batches.append(summarize_outputs(outputs, contract))
        self._records = []


def predict_records(
    name: str, records: Iterable[Record], settings: Prepare, inference: "Inference", *, has_ids: bool = False
) -> PredictionOutput:
    """Predict the records of the file `name`, in order.

    Args:
        has_ids: whether a column names the records.
    """
    lines: list[int] = []
    ids: list[str] | None = [] if has_ids else None
    output, batcher = PredictionOutput(lines=lines, ids=ids), RecordBatcher(settings, inference)
    for record in records:
        try:
            if record.rejection is not None:
                raise record.rejection
            batcher.add(record.text, f"{name}:{record.line}", output)
            output.paths.append(name)
            lines.append(record.line)
            if ids is not None:
                ids.append(record.identity)
        except RejectedRecordError as rejection:
            output.reject(f"{name}:{record.line}", rejection, record.identity)
    batcher.flush(output)
    return output
