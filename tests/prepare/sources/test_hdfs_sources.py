"""Every kind of raw files gives from a real HDFS the records that it gives from a folder."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from headrace.config.sections.source import Source
from headrace.errors import DataError
from headrace.prepare.sources import list_source
from tests.prepare.sources.test_bucket_sources import (
    cifar,
    folder,
    folder_with_splits,
    idx,
    labels_file,
    same_records,
    zip_files,
)
from tests.support import table_rows as tables
from tests.support.hdfs_server import Hdfs

pytestmark = pytest.mark.long


@pytest.mark.parametrize("write", [folder, folder_with_splits, labels_file, zip_files, idx, cifar])
def test_records_are_the_same(hdfs: Hdfs, tmp_path: Path, write: Callable[[Path], Source]) -> None:
    same_records(write(tmp_path / "raw"), hdfs.upload(tmp_path / "raw", f"/{uuid.uuid4()}"))


@pytest.mark.parametrize("kind", ["folder", "archive", "idx", "cifar"])
def test_missing_hdfs_source_is_refused(hdfs: Hdfs, kind: str) -> None:
    with pytest.raises(DataError, match=f"The source {hdfs.address}/none "):
        list_source(Source.model_validate({"kind": kind, "path": f"{hdfs.address}/none"}))


def test_missing_labels_file_is_refused(hdfs: Hdfs) -> None:
    with pytest.raises(DataError, match=r"The labels file hdfs://.*/none/labels\.csv cannot be read \(no such file\)"):
        list_source(Source(path=f"{hdfs.address}/none", labels="labels.csv"))


@pytest.mark.parametrize(("kind", "options"), [("csv", {"header": "true"}), ("json", {}), ("parquet", {})])
def test_tables_are_the_same(
    spark: SparkSession, hdfs: Hdfs, tmp_path: Path, kind: str, options: dict[str, str]
) -> None:
    here = tmp_path / "raw"
    here.mkdir()
    for number in range(2):
        tables.WRITERS[kind](here / f"part-{number}.{kind}", 100 * number)
    there = hdfs.upload(here, f"/{uuid.uuid4()}")
    expected = tables.described(tables.table_records(spark, tables.text_source(here, kind, **options)))
    source = tables.text_source(here, kind, **options).model_copy(update={"path": there})
    assert tables.described(tables.table_records(spark, source)) == expected
