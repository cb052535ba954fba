"""The files of a table are those that belong to it: of Delta tables those of the latest version."""

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from packaging.version import Version
from pyspark.sql import SparkSession

from headrace.errors import DataError
from headrace.prepare.sources.tables.table_files import list_table
from tests.support.table_rows import TEXTS, arrow_table, table_records, text_source


@pytest.mark.skipif(
    Version(pa.__version__) < Version("18"), reason="deltalake writes types that are newer than pyarrow"
)
@pytest.mark.spark
def test_delta_source_has_the_rows_of_its_version(spark: SparkSession, tmp_path: Path) -> None:
    write_deltalake(tmp_path, arrow_table(0), partition_by=["fold"])
    write_deltalake(tmp_path, arrow_table(1), mode="append", partition_by=["fold"])
    DeltaTable(tmp_path).delete("label = 1")
    found = table_records(spark, text_source(tmp_path, "delta"))
    assert len(found) == sum(number % 3 != 1 for first in (0, 1) for number in range(first, first + len(TEXTS)))
    assert {one.split for one in found} == {"val"}
    assert len(table_records(spark, text_source(tmp_path, "delta", versionAsOf="0"))) == len(TEXTS)


def test_delta_version_that_does_not_exist_yet_is_refused_with_the_newest(tmp_path: Path) -> None:
    write_deltalake(tmp_path, arrow_table(0))
    with pytest.raises(DataError, match=r"has no version 9; its newest version is 0"):
        list_table(text_source(tmp_path, "delta", versionAsOf="9"))


def test_delta_folder_is_refused_as_parquet(tmp_path: Path) -> None:
    write_deltalake(tmp_path, arrow_table(0))
    with pytest.raises(DataError, match=r"is a Delta table, .*; set data\.source\.format to delta"):
        list_table(text_source(tmp_path, "parquet"))


@pytest.mark.parametrize(
    ("folders", "kind"), [(("metadata", "data"), "an Iceberg table"), ((".hoodie",), "a Hudi table")]
)
def test_folders_of_other_table_formats_are_refused(tmp_path: Path, folders: tuple[str, ...], kind: str) -> None:
    for folder in folders:
        (tmp_path / folder).mkdir()
    (tmp_path / "part.parquet").touch()
    with pytest.raises(DataError, match=f"is {kind}"):
        list_table(text_source(tmp_path, "parquet"))


def test_delta_source_reports_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a Delta table: it has no folder _delta_log"):
        list_table(text_source(tmp_path, "delta"))
    write_deltalake(tmp_path / "t", arrow_table(0))
    next((tmp_path / "t").glob("*.parquet")).unlink()
    with pytest.raises(DataError, match="lacks its file"):
        list_table(text_source(tmp_path / "t", "delta"))


def test_delta_source_refuses_features_that_change_rows(tmp_path: Path) -> None:
    write_deltalake(tmp_path, pa.table({"text": ["a"]}), configuration={"delta.enableDeletionVectors": "true"})
    with pytest.raises(DataError, match="uses deletion vectors, which Headrace does not read"):
        list_table(text_source(tmp_path, "delta"))
