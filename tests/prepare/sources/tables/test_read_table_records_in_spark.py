"""Tables of files become the rows in them, from this machine and from a bucket."""

import gzip
import logging
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from headrace.config.sections.source import Columns
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.readers import Row
from headrace.prepare.rejects.reasons_and_exceptions import RejectedRecordError
from headrace.prepare.sources.tables import row_ranges_of_spark_tasks
from headrace.prepare.sources.tables.read_table_records_in_spark import _frame_cells
from headrace.spark.task_errors import unwrap_python_errors
from headrace.storage import locate
from tests.support.table_rows import TEXTS, WRITERS, described, table_records, text_source, write_json, write_parquet

pytestmark = pytest.mark.usefixtures("spark")


@pytest.mark.parametrize("table_format", sorted(WRITERS))
def test_table_in_a_bucket_has_the_rows_of_local_files(
    spark: SparkSession, bucket: str, tmp_path: Path, table_format: str
) -> None:
    there = locate(f"s3://{bucket}/table")
    for number in range(2):
        file = tmp_path / f"part {number}: ü.{table_format}"
        WRITERS[table_format](file, number * 100)
        (there / file.name).write_bytes(file.read_bytes())
    here = table_records(spark, text_source(tmp_path, table_format))
    damaged = 2 if table_format in ("csv", "json") else 0
    assert sorted(str(one.data) for one in here if not one.rejection) == sorted(2 * TEXTS)
    assert len(here) == 2 * len(TEXTS) + damaged
    assert described(table_records(spark, text_source(there, table_format))) == described(here)


def test_table_is_read_in_ranges_if_its_files_are_large(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for table_format, write in WRITERS.items():
        folder = tmp_path / table_format
        folder.mkdir()
        write(folder / f"part.{table_format}", 0)
        whole = described(table_records(spark, text_source(folder, table_format)))
        monkeypatch.setattr(row_ranges_of_spark_tasks, "RANGE_BYTES", 40)
        assert described(table_records(spark, text_source(folder, table_format))) == whole
        monkeypatch.undo()


def test_table_may_be_one_file_with_any_name(spark: SparkSession, tmp_path: Path) -> None:
    name = b"\xff 10:00.jsonl"
    write_json(tmp_path / "records.jsonl", 0)
    os.rename(os.fsencode(tmp_path / "records.jsonl"), os.path.join(os.fsencode(tmp_path), name))
    found = table_records(spark, text_source(tmp_path, "json"))
    assert len(found) == len(TEXTS) + 1
    assert {one.path.split("/")[0] for one in found} == {"\\xff 10:00.jsonl"}


@pytest.mark.parametrize(("table_format", "places"), [("csv", ["line 2", "line 4"]), ("parquet", ["row 1", "row 2"])])
def test_record_without_identity_has_its_place_in_the_file(
    spark: SparkSession, tmp_path: Path, table_format: str, places: list[str]
) -> None:
    """A reject can be found in its file; the record's path is a hash of its content, as lines move."""
    table = pa.table({"text": ["two\nlines", "another"], "label": ["a", None], "fold": ["train", "train"]})
    if table_format == "csv":
        table.to_pandas().to_csv(tmp_path / "part.csv", index=False)
    else:
        pq.write_table(table, tmp_path / "part.parquet")
    found = table_records(spark, text_source(tmp_path, table_format))
    assert [one.reject_path for one in found] == [f"part.{table_format}/{place}" for place in places]
    assert len({one.path for one in found}) == 2


def test_table_warns_of_records_like_comments_in_any_file(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.csv").write_text("text,label,fold\none,a,train\n")
    (tmp_path / "b.csv").write_text("text;label;fold\n# by me;today;train\n")
    with caplog.at_level(logging.INFO):
        assert len(table_records(spark, text_source(tmp_path, "csv"))) == 2
    assert [line for line in caplog.messages if "separated by" in line] == [
        f"The fields of {tmp_path}/b.csv are separated by ';'."
    ]
    assert f"1 record of {tmp_path}/b.csv begins with '#', such as line 2" in caplog.text


def test_table_warns_of_the_footer_of_a_spreadsheet(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = "".join(f"text {row},{'ab'[row % 2]},train\n" for row in range(6))
    (tmp_path / "a.csv").write_text(f"text,label,fold\n{rows}Summe,6,train\n")
    assert len(table_records(spark, text_source(tmp_path, "csv"))) == 7
    assert f"The last record of {tmp_path}/a.csv, line 8, begins with 'Summe'" in caplog.text


def test_table_takes_columns_from_folder_names_as_text(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for label in ("01", "1", "a%2Fb", "__HIVE_DEFAULT_PARTITION__"):
        folder = tmp_path / f"label={label}" / "fold=train"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"text": [f"text of {label}"]}), folder / "part.parquet")
    found = table_records(spark, text_source(tmp_path, "parquet"))
    assert {str(one.label) for one in found} == {"01", "1", "a/b", "None"}
    assert "have a column" not in caplog.text
    pq.write_table(pa.table({"text": ["x"], "label": ["other"]}), tmp_path / "label=01" / "fold=train" / "part.parquet")
    assert "other" not in {one.label for one in table_records(spark, text_source(tmp_path, "parquet"))}
    assert len([line for line in caplog.messages if "have a column 'label' and lie in folders label=" in line]) == 1
    assert {one.split for one in found} == {"train"}


def test_table_leaves_out_files_of_systems_and_of_other_formats(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_parquet(tmp_path / "data.parquet", 0)
    litter = ("README.md", "Thumbs.db", "_SUCCESS", ".data.parquet.crc", "_temporary/0/part.parquet")
    for name in (*litter, "__MACOSX/._data.parquet"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_bytes(b"no table")
    assert len(table_records(spark, text_source(tmp_path, "parquet"))) == len(TEXTS)
    assert "README.md" in caplog.text


def test_table_takes_splits_from_the_names_of_its_files(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "split=train").mkdir()
    names = ("train-00000-of-00002", "split=train/part-0", "validation-00000-of-00001", "test-00000-of-00001")
    for name in names:
        write_parquet(tmp_path / f"{name}.parquet", 0)
    source = text_source(tmp_path, "parquet")
    assert source.columns is not None
    source = source.model_copy(update={"columns": source.columns.model_copy(update={"split": None})})
    splits = [one.split for one in table_records(spark, source)]
    assert {split: splits.count(split) // len(TEXTS) for split in set(splits)} == {"train": 2, "val": 1, "test": 1}
    write_parquet(tmp_path / "more.parquet", 0)
    with pytest.raises(DataError, match=r"'more\.parquet', are not"):
        table_records(spark, source)


def test_table_leaves_out_files_without_bytes(spark: SparkSession, tmp_path: Path) -> None:
    WRITERS["csv"](tmp_path / "a.csv", 0)
    (tmp_path / "0.csv").touch()
    (tmp_path / "1.csv").write_text("\n  \n")
    (tmp_path / "b.csv").write_text("\n\n")
    assert len(table_records(spark, text_source(tmp_path, "csv"))) == len(TEXTS) + 1


def test_table_names_the_file_that_lacks_a_column(spark: SparkSession, tmp_path: Path) -> None:
    write_parquet(tmp_path / "1.parquet", 0)
    pq.write_table(pa.table({"text": ["a"], "fold": ["train"]}), tmp_path / "2.parquet")
    refused = pytest.raises(ConfigurationError, match=r"2\.parquet has no column 'label'; its columns are: text, fold")
    with refused, unwrap_python_errors():
        table_records(spark, text_source(tmp_path, "parquet"))


def test_table_accepts_a_column_of_other_types_in_other_files(spark: SparkSession, tmp_path: Path) -> None:
    for number, labels in enumerate((pa.array([1]), pa.array([1.0]), pa.array(["1"]), pa.array([1], pa.int8()))):
        pq.write_table(pa.table({"text": ["a"], "label": labels, "fold": ["train"]}), tmp_path / f"{number}.parquet")
    assert [one.label for one in table_records(spark, text_source(tmp_path, "parquet"))] == ["1"] * 4


def test_table_refuses_a_column_that_holds_no_text(spark: SparkSession, tmp_path: Path) -> None:
    rows = {"text": [{"body": "a", "n": 1}], "label": ["a"], "fold": ["train"]}
    pq.write_table(pa.table(rows), tmp_path / "1.parquet")
    with pytest.raises(ConfigurationError, match=r"holds struct<.*name one of its fields: text\.body, text\.n"):
        table_records(spark, text_source(tmp_path, "parquet"))


def test_table_rejects_cells_that_are_not_what_their_column_is_for(spark: SparkSession, tmp_path: Path) -> None:
    binary = pa.table({"text": [b"caf\xc3\xa9", b"caf\xe9"], "label": ["0", "1"], "fold": ["val", "val"]})
    pq.write_table(binary, tmp_path / "0.parquet")
    pq.write_table(pa.table({"text": ["a"], "label": [["x"]], "fold": ["val"]}), tmp_path / "1.parquet")
    found = table_records(spark, text_source(tmp_path, "parquet"))
    assert [one.data for one in found if one.rejection is None] == ["caf\u00e9"]
    rejections = sorted(str(one.rejection) for one in found if one.rejection is not None)
    assert "lists of names need prepare.task: multi_label" in rejections[0]
    assert rejections[1] == r"not_text: the cell of text holds bytes that are not UTF-8: b'\xe9'"


def test_table_reports_which_file_is_damaged(spark: SparkSession, bucket: str, tmp_path: Path) -> None:
    there = locate(f"s3://{bucket}/table")
    (there / "file.parquet").write_bytes(b"no parquet")
    with pytest.raises(DataError, match=r"file\.parquet cannot be read as parquet"):
        table_records(spark, text_source(there, "parquet"))
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"text,label,fold\n" + os.urandom(9999).hex().encode())[:2000])
    with pytest.raises(DataError, match=r"cut\.csv\.gz is damaged or truncated"), unwrap_python_errors():
        table_records(spark, text_source(tmp_path / "cut.csv.gz", "csv"))


@pytest.mark.parametrize("path", ["pics/1.png", None])
def test_structure_with_a_path_and_no_bytes_is_rejected_with_a_way(path: str | None) -> None:
    """The column was said to be empty."""
    columns = Columns(input="image", content="bytes")
    row = Row(1, {"image": {"bytes": None, "path": path}, "label": "a"})
    if path is None:
        assert _frame_cells(row, columns, True, "classification")["data"] is None
        return
    with pytest.raises(
        RejectedRecordError, match=r"image.bytes is empty, .* 'pics/1.png'; .* to image.path and content"
    ):
        _frame_cells(row, columns, True, "classification")
