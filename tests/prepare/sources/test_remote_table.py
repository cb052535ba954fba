"""Tables in a bucket give the very rows that Spark reads from the same files on this machine."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from headrace.config.sections.source import Source
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.rejection import RejectedRecordError
from headrace.prepare.sources.base import RawRecord
from headrace.prepare.sources.spark_table import frame_records, list_table, read_frame
from headrace.storage import locate

TEXTS = ["plain", 'with "quotes", and a comma', "ünïcödé", "007", "", "tab\there", "back\\slash"]


def write_csv(file: Path, first: int) -> None:
    lines = ["text,label,fold"]
    for number, text in enumerate(TEXTS, first):
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'"{quoted}",0{number % 3},{"train" if number % 2 else "test"}')
    file.write_text("\n".join(lines) + "\n\n", encoding="utf-8")


def write_json(file: Path, first: int) -> None:
    rows = [{"text": text, "label": number % 3, "fold": "train"} for number, text in enumerate(TEXTS, first)]
    file.write_text("\n".join(map(json.dumps, rows)) + "\n{damaged\n", encoding="utf-8")


def write_parquet(file: Path, first: int) -> None:
    labels = pa.array([number % 3 for number in range(first, first + len(TEXTS))], pa.int64())
    pq.write_table(pa.table({"unused": labels, "text": TEXTS, "label": labels, "fold": ["val"] * len(TEXTS)}), file)


WRITERS = {"csv": write_csv, "json": write_json, "parquet": write_parquet}


def source_of(path: Path, kind: str, **options: str) -> Source:
    columns = {"input": "text", "label": "label", "split": "fold"}
    tree = {"kind": "table", "format": kind, "path": str(path), "columns": columns, "options": options}
    return Source.model_validate(tree)


def records(spark: SparkSession, source: Source) -> list[RawRecord]:
    listing = list_table(source)
    frame = read_frame(spark, source, listing.root, listing.files, "text")
    batches = pa.Table.from_pandas(frame.toPandas(), preserve_index=False).to_batches()
    return list(frame_records(iter(batches), listing.root, "text", 1000))


def told(found: list[RawRecord]) -> list[Any]:
    def rejection(error: RejectedRecordError | None) -> str | None:
        return None if error is None else error.reason.value

    return sorted(repr((one.path, one.label, one.split, one.data, rejection(one.rejection))) for one in found)


@pytest.mark.parametrize(
    ("kind", "options"),
    [("csv", {"header": "true"}), ("csv", {"HEADER": "true", "inferSchema": "true"}), ("json", {}), ("parquet", {})],
)
def test_rows_are_those_of_the_same_files_here(
    spark: SparkSession, bucket: str, tmp_path: Path, kind: str, options: dict[str, str]
) -> None:
    there = locate(f"s3://{bucket}/table")
    for number in range(2):
        file = tmp_path / f"part {number}.{kind}"
        WRITERS[kind](file, number * 100)
        (there / file.name).write_bytes(file.read_bytes())
    here = records(spark, source_of(tmp_path, kind, **options))
    assert len(here) == 2 * len(TEXTS) + (2 if kind == "json" else 0)
    assert told(records(spark, source_of(there, kind, **options))) == told(here)


def test_a_file_is_named_alone(spark: SparkSession, bucket: str, tmp_path: Path) -> None:
    write_json(tmp_path / "records.jsonl", 0)
    there = locate(f"s3://{bucket}/deep/records.jsonl")
    there.write_bytes((tmp_path / "records.jsonl").read_bytes())
    here = records(spark, source_of(tmp_path / "records.jsonl", "json"))
    assert told(records(spark, source_of(there, "json"))) == told(here)


@pytest.mark.parametrize(("kind", "options"), [("orc", {}), ("json", {"multiLine": "true"})])
def test_what_is_not_read_is_said(spark: SparkSession, bucket: str, kind: str, options: dict[str, str]) -> None:
    there = locate(f"s3://{bucket}/table")
    (there / "file").write_bytes(b"{}")
    with pytest.raises(ConfigurationError, match="csv, json, parquet are read, without multiLine"):
        records(spark, source_of(there, kind, **options))


def test_a_damaged_file_is_named(spark: SparkSession, bucket: str) -> None:
    there = locate(f"s3://{bucket}/table")
    (there / "file.parquet").write_bytes(b"no parquet")
    with pytest.raises(DataError, match=r"file\.parquet cannot be read as parquet"):
        records(spark, source_of(there, "parquet"))
