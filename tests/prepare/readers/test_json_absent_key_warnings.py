"""Keys that records of JSON lack, or write in another case, are reported, as they count as missing values."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from headrace.config.configuration_model import Text
from headrace.config.table_reader_options import ReaderOptions
from headrace.predict.records.record_file_reader import RecordFile
from headrace.prepare.readers import open_reader
from headrace.prepare.readers.json_absent_key_warnings import absent_key_warnings, diagnose_json
from tests.support.table_rows import table_records, text_source

FULL: dict[str, Any] = {"k": 0, "a": {"b": "x"}}


def warnings_of(
    folder: Path, *files: list[Any], lines: bool = True, wanted: tuple[str, ...] = ("k", "a.b")
) -> list[str]:
    found = []
    for number, rows in enumerate(files):
        name = f"{number}.json"
        text = "\n".join(map(json.dumps, rows)) if lines else json.dumps(rows)
        (folder / name).write_text(text)
        found += diagnose_json(open_reader(folder / name, name, "json", wanted, ReaderOptions()), name)
    return absent_key_warnings(found)


@pytest.mark.parametrize("lines", [True, False])
def test_key_that_becomes_another_part_way_is_named(tmp_path: Path, lines: bool) -> None:
    """A category of the lines after a renaming was a missing value without a word."""
    rows = [FULL, *({"K": 1, "a": {"b": "x"}} for _ in range(2))]
    place = "line 2" if lines else "record 2"
    assert warnings_of(tmp_path, rows, lines=lines) == [
        f"The key 'k' is absent in 2 of 3 records, such as {place} of 0.json, and counts as a missing value there; "
        "'K' in them is another key, and not read."
    ]


def test_key_in_another_case_is_named_however_rare(tmp_path: Path) -> None:
    """A field in a field, and a key with a space, are keys like others."""
    (nested, plain) = warnings_of(tmp_path, [FULL] * 40, [*[FULL] * 40, {"k ": 1, "a": {"B": "x"}}])[::-1]
    assert nested.startswith("The key 'a.b' is absent in 1 of 81 records, such as line 41 of 1.json")
    assert "'a.B' in them is another key" in nested
    assert "'k ' in them is another key" in plain


def test_absent_keys_are_reported_if_they_are_many(tmp_path: Path) -> None:
    assert warnings_of(tmp_path, [*[FULL] * 40, {"a": {"b": None}}]) == []
    (line,) = warnings_of(tmp_path, [*[FULL] * 4, {"a": {"b": None}}])
    assert line.endswith("1 of 5 records, such as line 5 of 0.json, and counts as a missing value there.")


def test_null_and_escaped_keys_are_there(tmp_path: Path) -> None:
    (tmp_path / "0.json").write_text('{"k": null, "a": {"b": 1}}\n{"\\u006b": 1, "a": {"b": null}}\n\nno JSON\n[1]\n')
    (found,) = diagnose_json(open_reader(tmp_path / "0.json", "0.json", "json", ["k", "`a.b`"], ReaderOptions()), "0")
    assert (found.records, found.absent) == (2, {})
    assert warnings_of(tmp_path, [{"a.b": 1, "k": 2}, FULL, {"a": None, "k": 2}]) == []


@pytest.mark.usefixtures("spark")
def test_prepare_and_predict_report_absent_keys(
    spark: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Of several files, the records are counted over all."""
    rows = [{"text": "one", "label": "a", "fold": "train"}, {"Text": "two", "label": "b", "fold": "train"}]
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text("\n".join(map(json.dumps, rows)))
    with caplog.at_level(logging.INFO):
        table_records(spark, text_source(tmp_path, "json"))
    assert f"The key 'text' is absent in 2 of 4 records, such as line 2 of {tmp_path}/a.jsonl" in caplog.text
    caplog.clear()
    RecordFile(tmp_path / "a.jsonl", Text(), "text", None).report("a.jsonl")
    assert "The key 'text' is absent in 1 of 2 records, such as line 2 of a.jsonl" in caplog.text
