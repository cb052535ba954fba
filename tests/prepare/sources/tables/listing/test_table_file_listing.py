"""The files of a table are those that belong to it: of Delta tables those of the latest version."""

import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from packaging.version import Version
from pyspark.sql import SparkSession

from headrace.config.sections.source import Columns, Source
from headrace.errors import DataError
from headrace.prepare.sources.tables.listing.table_file_listing import list_table
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


@pytest.mark.skipif(
    Version(pa.__version__) < Version("18"), reason="deltalake writes types that are newer than pyarrow"
)
@pytest.mark.spark
def test_columns_that_a_delta_table_received_later_are_empty_in_older_rows(spark: SparkSession, tmp_path: Path) -> None:
    write_deltalake(tmp_path, arrow_table(0).select(["text", "fold"]))
    write_deltalake(tmp_path, arrow_table(0).select(["unused"]), mode="append", schema_mode="merge")
    write_deltalake(tmp_path, arrow_table(1), mode="append", schema_mode="merge")
    found = table_records(spark, text_source(tmp_path, "delta"))
    assert len(found) == 3 * len(TEXTS)
    assert sum(one.label is None for one in found) == 2 * len(TEXTS)
    assert sum(one.rejection is not None for one in found) == len(TEXTS)


def test_delta_version_that_does_not_exist_yet_is_refused_with_the_newest(tmp_path: Path) -> None:
    write_deltalake(tmp_path, arrow_table(0))
    with pytest.raises(DataError, match=r"has no version 9; its newest version is 0"):
        list_table(text_source(tmp_path, "delta", versionAsOf="9"))


def test_delta_folder_is_refused_as_parquet(tmp_path: Path) -> None:
    write_deltalake(tmp_path, arrow_table(0))
    with pytest.raises(DataError, match=r"is a Delta table, .*; set data\.source\.format to delta"):
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


def write_delta(
    folder: Path, adds: dict[str, dict[str, str]], configuration: dict[str, str] | None = None, reader: int = 1
) -> None:
    """Write the log of a Delta table by hand, as only some writers can; `adds` has partition values by path."""
    (folder / "_delta_log").mkdir(parents=True)
    fields: list[dict[str, Any]] = []
    for number, name in enumerate(("text", "label")):
        mapping = {"delta.columnMapping.id": number, "delta.columnMapping.physicalName": f"col-{number}"}
        fields.append({"name": name, "type": "string", "nullable": True, "metadata": mapping if configuration else {}})
    metadata = {
        "id": "x", "format": {"provider": "parquet", "options": {}}, "createdTime": 0,
        "schemaString": json.dumps({"type": "struct", "fields": fields}),
        "partitionColumns": ["label"] if any(adds.values()) else [], "configuration": configuration or {},
    }  # fmt: skip
    actions: list[dict[str, Any]] = [
        {"protocol": {"minReaderVersion": reader, "minWriterVersion": 5}},
        {"metaData": metadata},
    ]
    for path, values in adds.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"text": ["a"]}), target)
        common = {"path": path, "partitionValues": values, "size": target.stat().st_size}
        actions.append({"add": {**common, "modificationTime": 0, "dataChange": True}})
    (folder / "_delta_log" / f"{0:020d}.json").write_text("\n".join(map(json.dumps, actions)))


def test_column_mapping_of_reader_version_2_is_refused(tmp_path: Path) -> None:
    """Its protocol lists no features, and its Parquet files have other names of columns than the table."""
    write_delta(tmp_path, {"a.parquet": {}}, {"delta.columnMapping.mode": "name"}, reader=2)
    with pytest.raises(DataError, match="uses column mapping, which Headrace does not read"):
        list_table(text_source(tmp_path, "delta"))


@pytest.mark.parametrize("path", ["a.parquet", "label=y/a.parquet"])
def test_partitions_that_only_the_log_knows_are_refused(tmp_path: Path, path: str) -> None:
    write_delta(tmp_path, {path: {"label": "x"}})
    with pytest.raises(DataError, match="has the values of 'label' in its log, and not in names of folders"):
        list_table(text_source(tmp_path, "delta"))


def test_partitions_in_names_of_folders_are_read(tmp_path: Path) -> None:
    write_delta(tmp_path, {"label=x/a.parquet": {"label": "x"}, "label=y/a.parquet": {"label": "y"}})
    assert len(list_table(text_source(tmp_path, "delta")).files) == 2


def test_files_outside_a_delta_table_are_refused(tmp_path: Path) -> None:
    write_delta(tmp_path / "t", {"../a.parquet": {}})
    with pytest.raises(DataError, match=r"absolute paths or outside its folder, such as '\.\./a\.parquet'"):
        list_table(text_source(tmp_path / "t", "delta"))


def test_gap_in_a_delta_log_is_one_sentence(tmp_path: Path) -> None:
    write_delta(tmp_path, {"a.parquet": {}})
    (tmp_path / "_delta_log" / f"{2:020d}.json").write_text("")
    with pytest.raises(DataError, match=r"found gap\.?$"):
        list_table(text_source(tmp_path, "delta"))


def test_files_with_an_underscore_are_named_as_not_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A delivery called _2026-11-30.csv would otherwise never be trained on; notes of Spark and Delta are no data."""
    (tmp_path / "_new").mkdir()
    for name in ("1.csv", "_2.csv", "_new/3.csv", "_SUCCESS", "_notes.txt", "._1.csv", "_temporary"):
        (tmp_path / name).write_text("text,label\na,b\n")
    (tmp_path / "_key=a").mkdir()
    (tmp_path / "_key=a" / "4.csv").write_text("text,label\na,b\n")
    with caplog.at_level("WARNING"):
        listing = list_table(text_source(tmp_path, "csv"))
    assert [one.path for one in listing.files] == ["1.csv", "_key=a/4.csv"]
    assert "Not read: 2 files of" in caplog.text
    assert caplog.text.rstrip().endswith(
        "as those of notes of Spark and Hive do: _2.csv, _new/3.csv; rename what is data."
    )


def test_empty_commit_of_a_delta_table_is_refused(tmp_path: Path) -> None:
    """`deltalake` takes it for a commit without changes, so that the rows of it are missing."""
    for first in (0, 1, 2):
        write_deltalake(tmp_path, arrow_table(first), mode="append")
    (tmp_path / "_delta_log" / f"{1:020d}.json").write_bytes(b"")
    with pytest.raises(
        DataError, match=r"has the commit _delta_log/0{19}1\.json without bytes, .*; copy the table again"
    ):
        list_table(text_source(tmp_path, "delta"))
    assert list_table(text_source(tmp_path, "delta", versionAsOf="0")).files


def test_empty_commit_before_a_checkpoint_is_not_read(tmp_path: Path) -> None:
    for first in (0, 1):
        write_deltalake(tmp_path, arrow_table(first), mode="append")
    DeltaTable(tmp_path).create_checkpoint()
    (tmp_path / "_delta_log" / f"{0:020d}.json").write_bytes(b"")
    assert len(list_table(text_source(tmp_path, "delta")).files) == 2


def without_split_column(folder: Path) -> Source:
    return Source(kind="table", format="csv", path=str(folder), columns=Columns(input="text"))


def test_folders_of_tables_may_be_named_after_splits_and_what_they_hold(tmp_path: Path) -> None:
    """The rows of test_data were mixed with those of train_data, without a word."""
    splits = {"train_data": "train", "test_data": "test"}
    for name in splits:
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.csv").write_text("text,label\na,b\n")
    found = list_table(without_split_column(tmp_path))
    assert {file.path.split("/")[0]: file.split for file in found.files} == splits


@pytest.mark.parametrize(
    ("names", "warned"),
    [
        (["seg_train/x.csv", "seg_test/x.csv"], "'seg_test', 'seg_train' of .* look like splits, and prepare.splits"),
        (["my-train.csv", "my-test.csv"], "'my-test.csv', 'my-train.csv' of .* look like splits"),
        (["bus/x.csv", "night-train/x.csv"], None),
        (["a=train/x.csv", "a=test/x.csv"], None),
    ],
)
def test_names_of_tables_with_the_word_of_a_split_are_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, names: list[str], warned: str | None
) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("text,label\na,b\n")
    assert {file.split for file in list_table(without_split_column(tmp_path)).files} == {None}
    assert (caplog.text == "") if warned is None else re.search(warned, caplog.text)
