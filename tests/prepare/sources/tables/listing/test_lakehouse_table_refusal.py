"""Files of Delta, Iceberg and Hudi tables are refused as plain files, wherever the folder of the table is."""

from pathlib import Path
from unittest.mock import MagicMock

import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from headrace.config.configuration_model import Prepare
from headrace.errors import DataError
from headrace.explain.raw_records_to_explain import raw_texts
from headrace.predict import inputs_divided_into_parts
from headrace.predict.input_files import find_inputs
from headrace.predict.records.record_file_reader import TextColumns
from headrace.prepare.preview.raw_preview import preview
from headrace.prepare.sources.tables.listing.lakehouse_table_refusal import require_plain_files
from headrace.prepare.sources.tables.listing.table_file_listing import list_table
from headrace.storage import locate
from tests.support.small_table import Content, some_rows, write_table
from tests.support.table_rows import arrow_table, text_source, write_csv, write_parquet

LOGS = {"Iceberg": "metadata/v1.metadata.json", "Hudi": ".hoodie/hoodie.properties"}


def write_replaced(folder: Path) -> None:
    """Write a Delta table, partitioned by `fold`, whose folder holds files with replaced rows."""
    write_deltalake(folder, arrow_table(0), partition_by=["fold"])
    DeltaTable(folder).update({"label": "7"})


def write_other(folder: Path, kind: str) -> None:
    """Write a Parquet file as a table of `kind` has it."""
    (folder / "data" / "day=1").mkdir(parents=True)
    write_parquet(folder / "data" / "day=1" / "a.parquet", 0)
    log = folder / LOGS[kind]
    log.parent.mkdir()
    log.touch()


@pytest.mark.parametrize(("path", "verb"), [("lake", "holds"), ("lake/day1/fold=val", "lies in")])
def test_delta_table_below_or_above_the_path_is_refused(tmp_path: Path, path: str, verb: str) -> None:
    """Otherwise every corrected row is there twice, with its old label and its new one."""
    table = tmp_path / "lake" / "day1"
    write_replaced(table)
    expected = f"{verb} a Delta table, {table}, whose .*; set data.source.format to delta and data.source.path to "
    with pytest.raises(DataError, match=f"{expected}{table}"):
        list_table(text_source(tmp_path / path, "parquet"))
    with pytest.raises(DataError, match=expected):
        preview(str(tmp_path / path))


def test_table_that_headrace_prepared_is_named_as_such(tmp_path: Path) -> None:
    table = write_table(tmp_path / "my project" / "table", Content(splits={"train": some_rows(12)})).table
    expected = f"a Delta table, {table}, which Headrace has prepared: `headrace inspect '{table}'` describes it."
    with pytest.raises(DataError, match=expected):
        preview(str(tmp_path / "my project"))


def test_plain_files_beside_a_delta_table_are_refused_unless_the_table_is_excluded(tmp_path: Path) -> None:
    write_replaced(tmp_path / "x")
    (tmp_path / "y").mkdir()
    write_parquet(tmp_path / "y" / "a.parquet", 0)
    source = text_source(tmp_path, "parquet")
    with pytest.raises(DataError, match="holds a Delta table"):
        list_table(source)
    assert list_table(source.model_copy(update={"exclude": ("x/*",)})).files


def test_one_file_of_a_delta_table_is_refused(tmp_path: Path) -> None:
    write_replaced(tmp_path)
    with pytest.raises(DataError, match="lies in a Delta table"):
        list_table(text_source(next(tmp_path.glob("fold=val/*.parquet")), "parquet"))


@pytest.mark.parametrize("kind", LOGS)
@pytest.mark.parametrize("path", ["wh", "wh/t", "wh/t/data", "wh/t/data/day=1"])
def test_tables_of_other_formats_are_refused(tmp_path: Path, kind: str, path: str) -> None:
    write_other(tmp_path / "wh" / "t", kind)
    with pytest.raises(DataError, match=rf"{kind} table.*; write its rows to Parquet with Spark"):
        list_table(text_source(tmp_path / path, "parquet"))


def test_folder_called_metadata_is_no_table(tmp_path: Path) -> None:
    for name in ("data", "metadata"):
        (tmp_path / name).mkdir()
        write_parquet(tmp_path / name / "a.parquet", 0)
    assert len(list_table(text_source(tmp_path, "parquet")).files) == 2
    assert len(list_table(text_source(tmp_path / "data", "parquet")).files) == 1


def test_csv_files_beside_the_folder_of_a_table_are_read(tmp_path: Path) -> None:
    write_replaced(tmp_path / "table")
    write_csv(tmp_path / "a.csv", 0)
    assert [one.path for one in list_table(text_source(tmp_path, "csv")).files] == ["a.csv"]


def test_files_of_a_table_are_refused_as_inputs_of_predictions_and_explanations(tmp_path: Path) -> None:
    write_replaced(tmp_path / "t")
    file = next((tmp_path / "t").glob("fold=val/*.parquet"))
    with pytest.raises(DataError, match=r"is a file of a Delta table \(.*/t\), whose folder .* deleted rows"):
        raw_texts(file, "text", Prepare(input="text"))
    with pytest.raises(DataError, match="is a file of a Delta table"):
        # Refused before the bundle is looked at.
        inputs_divided_into_parts._plan_records(
            MagicMock(), find_inputs([file.parent / "*.parquet"]), TextColumns(), None
        )
    pq.write_table(arrow_table(0), tmp_path / "plain.parquet")
    require_plain_files([tmp_path / "plain.parquet", tmp_path / "t" / "notes.csv"])


@pytest.mark.parametrize("path", ["", "lake", "lake/day1", "lake/day1/fold=val"])
def test_delta_table_in_a_bucket_is_refused(tmp_path: Path, bucket: str, path: str) -> None:
    write_replaced(tmp_path)
    root = locate(f"s3://{bucket}/lake/day1")
    for file in (one for one in tmp_path.rglob("*") if one.is_file()):
        (root / file.relative_to(tmp_path)).write_bytes(file.read_bytes())
    with pytest.raises(DataError, match="a Delta table"):
        list_table(text_source(locate(f"s3://{bucket}") / path, "parquet"))


@pytest.mark.parametrize("kind", LOGS)
@pytest.mark.parametrize("path", ["wh", "wh/t", "wh/t/data"])
def test_tables_of_other_formats_in_a_bucket_are_refused(tmp_path: Path, bucket: str, kind: str, path: str) -> None:
    write_other(tmp_path, kind)
    root = locate(f"s3://{bucket}/wh/t")
    for file in (one for one in tmp_path.rglob("*") if one.is_file()):
        # An object without bytes counts like any other.
        (root / file.relative_to(tmp_path)).write_bytes(file.read_bytes())
    with pytest.raises(DataError, match=f"{kind} table"):
        list_table(text_source(locate(f"s3://{bucket}") / path, "parquet"))
