"""The predictions of one Spark task, and the Parquet files they are written to."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.prepare.observations import Observations
from headrace.prepare.rejects.rejection import RejectedRecordError
from headrace.storage.atomic import atomic_write
from headrace.table.dropped_records import SCHEMA as REJECTS

# The threshold of a label unless another one is requested.
HALF = 0.5
PATH = pa.field("path", pa.string(), nullable=False)
LINE = pa.field("line", pa.int64(), nullable=False)
ID = pa.field("id", pa.string(), nullable=False)
PREDICTIONS = pa.schema(
    [
        PATH,
        pa.field("label", pa.string(), nullable=False),
        pa.field("probabilities", pa.list_(pa.float32()), nullable=False),
    ]
)
# For multi_label; `labels` may be empty.
MANY = pa.schema(
    [
        PATH,
        pa.field("labels", pa.list_(pa.string()), nullable=False),
        pa.field("probabilities", pa.list_(pa.float32()), nullable=False),
    ]
)
# In regression.
VALUES = pa.schema([PATH, pa.field("value", pa.float32(), nullable=False)])


@dataclass
class PredictionOutput:
    """Predicted records in order, and rejected records.

    Attributes:
        threshold: minimum probability of a label, or of the second of two classes.
        lines: numbers of the records in the file at `path`, 1-based; None where a file is a record.
        ids: identities of the records; None without a column for them.
        batches: probabilities (rows, classes), or numbers (rows, 1); together as many rows as there are `paths`.
        rejects: rows of the rejects table.
        observations: what was found in images that were not rejected.
    """

    paths: list[str] = field(default_factory=list)
    lines: list[int] | None = None
    ids: list[str] | None = None
    batches: list[NDArray[np.float32]] = field(default_factory=list)
    rejects: list[dict[str, str]] = field(default_factory=list)
    threshold: float | None = None
    observations: Observations = field(default_factory=Observations)

    def reject(self, path: str, rejection: RejectedRecordError) -> None:
        """Add a rejected record with the reason."""
        self.rejects.append({"path": path, "reason": rejection.reason.value, "detail": rejection.detail})

    def write(self, output: Path, number: int, contract: Contract) -> None:
        """Write part `number` below `output`, even without rows, so that every output has its columns."""
        name = f"part-{number:06d}.parquet"
        _write(self._rows(contract), output / name)
        if self.rejects:
            _write(pa.Table.from_pylist(self.rejects, REJECTS), output / "_rejects" / name)

    def _rows(self, contract: Contract) -> pa.Table:
        if contract.task == "regression":
            return self._values()
        many = contract.task == "multi_label"
        return self._many(contract.classes) if many else self._predictions(contract.classes)

    def _predictions(self, classes: tuple[str, ...]) -> pa.Table:
        """Return the columns of PREDICTIONS; `label` is the most probable class, or follows the threshold."""
        if not self.paths:
            return self._with_record_columns(PREDICTIONS.empty_table())
        probabilities = np.concatenate(self.batches)
        chosen = probabilities.argmax(axis=1)
        if self.threshold is not None:
            chosen = (probabilities[:, 1] >= self.threshold).astype(np.int64)
        labels = pa.array(classes).take(pa.array(chosen))
        rows = pa.Table.from_arrays([pa.array(self.paths), labels, _lists(probabilities)], schema=PREDICTIONS)
        return self._with_record_columns(rows)

    def _many(self, classes: tuple[str, ...]) -> pa.Table:
        """Return the columns of MANY."""
        if not self.paths:
            return self._with_record_columns(MANY.empty_table())
        probabilities = np.concatenate(self.batches)
        given = probabilities >= (HALF if self.threshold is None else self.threshold)
        names = pa.array(classes).take(pa.array(np.nonzero(given)[1]))
        offsets = np.append(0, np.cumsum(given.sum(1))).astype(np.int32)
        labels = pa.ListArray.from_arrays(offsets, names)
        return self._with_record_columns(
            pa.Table.from_arrays([pa.array(self.paths), labels, _lists(probabilities)], schema=MANY)
        )

    def _values(self) -> pa.Table:
        """Return the columns of VALUES."""
        if not self.paths:
            return self._with_record_columns(VALUES.empty_table())
        values = pa.array(np.concatenate(self.batches)[:, 0])
        return self._with_record_columns(pa.Table.from_arrays([pa.array(self.paths), values], schema=VALUES))

    def _with_record_columns(self, rows: pa.Table) -> pa.Table:
        """Insert columns for line and id after the path, if records have them."""
        for column, values in ((ID, self.ids), (LINE, self.lines)):
            if values is not None:
                rows = rows.add_column(1, column, pa.array(values, column.type))
        return rows


def _lists(probabilities: NDArray[np.float32]) -> pa.ListArray:
    rows, classes = probabilities.shape
    return pa.ListArray.from_arrays(np.arange(rows + 1, dtype=np.int32) * classes, probabilities.ravel())


def _write(rows: pa.Table, path: Path) -> None:
    """Write atomically: Spark may kill one of two attempts of a task while it writes."""
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink)
    atomic_write(path, memoryview(sink.getvalue()))
