"""The predictions of one Spark task, and the Parquet files they are written to."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.predict.outputs.prediction_columns_interface import ModelOutputs, predictions_table
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.rejects.reasons_and_exceptions import RejectedRecordError
from headrace.storage.atomic_files_and_folders import atomic_write
from headrace.table.rejects_and_duplicates_reader import SCHEMA as REJECTS

# Records that a model predicts at once.
BATCH = 256
LINE = pa.field("line", pa.int64(), nullable=False)
ID = pa.field("id", pa.string(), nullable=False)


@dataclass
class PredictionOutput:
    """Predicted records in order, and rejected records.

    Attributes:
        threshold: minimum probability of a label, or of the second of two classes.
        lines: numbers of the records in the file at `path`, 1-based; None where a file is a record.
        ids: identities of the records; None without a column for them.
        known: what a table has of the same records, see `table_columns`; empty for raw files.
        batches: see `ModelOutputs`.
        rejects: rows of the rejects table.
        reject_ids: the identity of each of them; empty where it could not be read, or records have none.
        observations: what was found in images that were not rejected.
    """

    paths: list[str] = field(default_factory=list)
    lines: list[int] | None = None
    ids: list[str] | None = None
    known: list[pa.Table] = field(default_factory=list)
    batches: list[NDArray[Any]] = field(default_factory=list)
    rejects: list[dict[str, str]] = field(default_factory=list)
    reject_ids: list[str] = field(default_factory=list)
    threshold: float | None = None
    observations: Observations = field(default_factory=Observations)

    def reject(self, path: str, rejection: RejectedRecordError, identity: str = "") -> None:
        """Add a rejected record with the reason."""
        self.reject_ids.append(identity)
        self.rejects.append({"path": path, "reason": rejection.reason.value, "detail": rejection.detail})

    def write(self, output: Path, number: int, contract: Contract) -> None:
        """Write part `number` below `output`, even without rows, so that every output has its columns."""
        name = f"part-{number:06d}.parquet"
        _write(self._rows(contract), output / name)
        if self.rejects:
            rejects = pa.Table.from_pylist(self.rejects, REJECTS)
            if self.ids is not None:
                rejects = rejects.add_column(1, ID, pa.array(self.reject_ids, ID.type))
            _write(rejects, output / "_rejects" / name)

    def _rows(self, contract: Contract) -> pa.Table:
        outputs = ModelOutputs(self.paths, self.batches, contract.classes, self.threshold)
        return self._with_record_columns(predictions_table(outputs, contract))

    def _with_record_columns(self, rows: pa.Table) -> pa.Table:
        """Insert columns for line and id, or for what a table has of them, after the path, if records have them."""
        for column, values in ((ID, self.ids), (LINE, self.lines)):
            if values is not None:
                rows = rows.add_column(1, column, pa.array(values, column.type))
        for at, name in enumerate(self.known[0].column_names if self.known else (), start=1):
            rows = rows.add_column(at, name, pa.concat_tables(self.known)[name])
        return rows


def _write(rows: pa.Table, path: Path) -> None:
    """Write atomically: Spark may kill one of two attempts of a task while it writes."""
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink)
    atomic_write(path, memoryview(sink.getvalue()))
