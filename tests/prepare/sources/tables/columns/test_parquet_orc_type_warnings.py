"""Types of Parquet columns that change what cells mean are reported: mixed ones, durations, times with a zone."""

import logging
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from headrace.config import Configuration
from headrace.config.sections.source import Source
from headrace.errors import DataError
from headrace.predict.records.record_file_reader import RecordFile
from headrace.prepare.job import prepare
from headrace.prepare.sources.tables.callers_dataframe_as_source import dataframe_rows
from headrace.prepare.sources.tables.columns.parquet_orc_type_warnings import report_column_types
from headrace.prepare.sources.tables.listing.table_file_listing import list_table

pytestmark = pytest.mark.usefixtures("spark")

NOON = datetime(2024, 7, 1, 12)
CELLS = {
    "numbers": 1, "truth values": True, "durations": timedelta(hours=1), "dates": date(2024, 7, 1),
    "times of a day": time(12), "times without a zone": NOON, "times with a zone": NOON.replace(tzinfo=UTC),
    "texts": "1", "bytes": b"1", "lists": ["a"], "structures": {"a": 1},
}  # fmt: skip


def report(spark: SparkSession, folder: Path, *cells: Any, windows: bool = False, role: str = "label") -> None:
    """Report the types of a source with a file for each of `cells`, whose column y is what `role` says."""
    folder.mkdir(exist_ok=True)
    for number, cell in enumerate(cells):
        array = cell if isinstance(cell, pa.Array) else pa.array([cell])
        pq.write_table(pa.table({"y": array, "text": ["a"] * len(array)}), folder / f"{number}.parquet")
    columns = {"input": "text", "label": "text", role: "y"}
    source = Source.model_validate({"kind": "table", "format": "parquet", "path": str(folder), "columns": columns})
    listing = list_table(source)
    report_column_types(spark, source, listing.root, listing.files, ["y", "text"], windows=windows)


@pytest.mark.parametrize("other", [noun for noun in CELLS if noun != "durations"])
@pytest.mark.parametrize("is_first", [True, False])
def test_durations_beside_anything_else_are_refused(
    spark: SparkSession, tmp_path: Path, other: str, is_first: bool
) -> None:
    """Hours of one file became seconds beside the hours of the others."""
    cells = [CELLS["durations"], CELLS[other]]
    with pytest.raises(DataError, match=rf"'y' of {tmp_path} holds .*{other}.* durations are read as numbers of sec"):
        report(spark, tmp_path, *(cells if is_first else reversed(cells)))


@pytest.mark.parametrize("other", [noun for noun in CELLS if noun not in ("durations", "numbers")])
def test_types_that_differ_between_files_are_warned_of(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture, other: str
) -> None:
    report(spark, tmp_path, 1, 2, CELLS[other])
    assert f"The column 'y' of {tmp_path} holds numbers in '0.parquet' and {other} in '2.parquet'; write" in caplog.text


def test_times_with_and_without_a_zone_are_warned_of(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As in CSV: those with a zone are moments, and the others are taken as they are written."""
    report(spark, tmp_path, NOON, NOON.replace(tzinfo=ZoneInfo("Asia/Tokyo")), windows=True)
    assert "times without a zone in '0.parquet' and times with a zone in '1.parquet'" in caplog.text
    assert "are read in UTC, and those without one as they are written" in caplog.text
    assert "their days may be others" not in caplog.text


def test_types_of_the_same_cells_are_not_warned_of(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    numbers = [pa.array([1], kind) for kind in (pa.int8(), pa.uint64(), pa.float32())]
    report(spark, tmp_path / "numbers", 1, 2.5, Decimal("1.5"), pa.array([None], pa.null()), *numbers)
    texts = pa.array(["a"])
    report(spark, tmp_path / "texts", texts, texts.cast(pa.large_string()), texts.dictionary_encode())
    assert not caplog.messages


def test_durations_of_any_file_are_logged(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    report(spark, tmp_path, pa.array([None], pa.null()), timedelta(hours=1))
    assert caplog.messages == [f"The durations in the column 'y' of {tmp_path} are read as numbers of seconds."]
    caplog.clear()
    settings = Configuration.model_validate(_tree(tmp_path, tmp_path)).prepare
    RecordFile(tmp_path / "1.parquet", settings.text, "y", None).report("1.parquet")
    assert caplog.messages == ["The durations in the column 'y' of 1.parquet are read as numbers of seconds."]


@pytest.mark.parametrize("role", ["label", "input", "identity"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Europe/London", "+05:30"])
def test_times_of_a_zone_that_become_text_are_warned_of_once(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture, zone: str, role: str
) -> None:
    """Midnight in Berlin is a class, or the name of a record, of the day before."""
    report(spark, tmp_path, *(pa.array([NOON], pa.timestamp("ms", zone)) for _ in range(2)), role=role)
    (line,) = caplog.messages
    assert f"The times in the column 'y' of {tmp_path} have the zone {zone} and are written in UTC" in line
    assert "2024-0" in line
    assert "becomes '202" in line


def test_times_in_utc_become_classes_as_they_are(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    report(spark, tmp_path, pa.array([NOON], pa.timestamp("ms", "UTC")), pa.array([NOON], pa.timestamp("ms", "+00:00")))
    assert not caplog.messages


def test_times_of_a_dataframe_that_become_classes_are_warned_of(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    frame = spark.createDataFrame([("a", NOON)], "text string, y timestamp")
    source = {"kind": "table", "format": "dataframe", "path": "DataFrame", "columns": {"input": "text", "label": "y"}}
    configuration = Configuration.model_validate(_tree(tmp_path, tmp_path))
    dataframe_rows(frame, Source.model_validate(source), configuration.prepare)
    zone = spark.conf.get("spark.sql.session.timeZone")
    assert f"columns 'y' of the DataFrame are written in the time zone of Spark's session, {zone}," in caplog.text


def _tree(source: Path, folder: Path) -> dict[str, Any]:
    columns = {"input": "text", "label": "y"}
    return {
        "data": {
            "source": {"kind": "table", "format": "parquet", "path": str(source), "columns": columns},
            "table": str(folder / "table"),
        },
        "prepare": {
            "input": "text",
            "text": {"tokens": {"min_count": 1}},
            "splits": {"train": 1.0, "val": 0, "test": 0},
        },
        "model": {"file": "unused.py"},
        "train": {"run": "unused"},
    }


def test_file_of_durations_that_comes_later_is_refused(tmp_path: Path) -> None:
    """A later preparation reads new files only, and knows the types of earlier ones."""
    folder = tmp_path / "raw"
    folder.mkdir()
    texts = [f"text {number}" for number in range(8)]
    configuration = Configuration.model_validate(_tree(folder, tmp_path))
    pq.write_table(pa.table({"text": texts, "y": [1, 2] * 4}), folder / "a.parquet")
    assert prepare(configuration)["written"] == 8
    pq.write_table(pa.table({"text": texts, "y": [timedelta(seconds=1)] * 8}), folder / "b.parquet")
    with pytest.raises(DataError, match="holds numbers in 'a.parquet' and durations in 'b.parquet'"):
        prepare(configuration)
