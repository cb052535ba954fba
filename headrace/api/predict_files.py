"""Predict files, folders and files of records as `headrace predict` does, into an Arrow table."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from headrace.api.callers_session import callers_session
from headrace.predict.job import PredictOptions, predict


def predict_files(bundle: Path, sources: Sequence[str | Path], options: PredictOptions) -> pa.Table:
    """Return a row for each record: its predictions, or why it is rejected, in the column `rejected`.

    Raises:
        ConfigurationError: inputs do not go together, a column is missing, or a threshold cannot be applied.
        DataError: an input is missing or damaged, or all records are rejected.
    """
    with TemporaryDirectory(prefix="headrace-") as scratch:
        output = Path(scratch) / "predictions"
        with callers_session():
            predict(bundle, [Path(one) for one in sources], output, options)
        predicted = pa.concat_tables(pq.read_table(part) for part in sorted(output.glob("part-*.parquet")))
        rejects = [pq.read_table(part) for part in sorted((output / "_rejects").glob("part-*.parquet"))]
    predicted = predicted.append_column("rejected", pa.nulls(len(predicted), pa.string()))
    if not rejects:
        return predicted
    return pa.concat_tables([predicted, *map(_rejected_rows, rejects)], promote_options="default")


def _rejected_rows(rejects: pa.Table) -> pa.Table:
    reasons = [f"{one['reason']}: {one['detail']}" for one in rejects.to_pylist()]
    return pa.table({"path": rejects["path"], "rejected": pa.array(reasons, pa.string())})
