"""Columns of dates among the numbers of a record are refused before Spark starts."""

import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace.config import Configuration
from headrace.errors import ConfigurationError
from headrace.prepare.job import prepare

DAYS = [datetime.date(2026, 3, day) for day in (1, 5, 9)]


class SparkStartedError(Exception):
    """Spark would start."""


def start_spark(*_: Any) -> None:
    """Stand in for `session`."""
    raise SparkStartedError


def prepare_rows(file: Path, settings: dict[str, Any]) -> None:
    """Prepare the rows of a CSV or Parquet file."""
    source = {"kind": "table", "format": file.suffix[1:], "path": str(file), "columns": {"label": "price"}}
    data = {"source": source, "table": str(file.parent / "table")}
    sections = {"model": {"file": "model.py"}, "train": {"run": "run"}}
    prepare(Configuration.model_validate({"data": data, "prepare": {"task": "regression"} | settings, **sections}))


@pytest.mark.parametrize("format_name", ["csv", "parquet"])
@pytest.mark.parametrize("several", [False, True])
def test_dates_among_numbers_are_refused_before_spark_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_name: str, several: bool
) -> None:
    """A whole preparation would reject every record."""
    monkeypatch.setattr("headrace.prepare.job.session", start_spark)
    file = tmp_path / f"rows.{format_name}"
    rows = pa.table({"area": [5.0, 6.5, 7.0], "listed": pa.array(DAYS), "price": [1.0, 2.0, 3.0]})
    if format_name == "parquet":
        pq.write_table(rows, file)
    else:
        rows.to_pandas().to_csv(file, index=False)
    columns = {"numbers": ["area", "listed"]}
    settings: dict[str, Any] = {"input": "tabular", "tabular": columns}
    if several:
        settings = {"inputs": {"row": {"kind": "tabular", **columns}}}
    key = "prepare.inputs.row.numbers" if several else "prepare.tabular.numbers"
    with pytest.raises(
        ConfigurationError, match=f"'listed' of .*, which {key} names, holds dates, such as '2026-03-01"
    ):
        prepare_rows(file, settings)


def test_numbers_that_look_like_dates_are_left_to_the_preparation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """20260301 is a number, and one cell may be a mistake of its own."""
    monkeypatch.setattr("headrace.prepare.job.session", start_spark)
    file = tmp_path / "rows.csv"
    file.write_text("area,listed,price\n2026-03-01,20260301,1\n5,20260305,2\n")
    with pytest.raises(SparkStartedError):
        prepare_rows(file, {"input": "tabular", "tabular": {"numbers": ["area", "listed"]}})
