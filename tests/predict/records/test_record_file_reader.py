"""Files of records are cut between records, so that their ranges hold each record once and in order."""

import csv
import io
import json
import logging
import re
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.bundle import Origin
from headrace.config.configuration_model import Text
from headrace.errors import ConfigurationError, DataError
from headrace.predict.records import record_file_reader
from headrace.predict.records.record_file_reader import (
    Record,
    RecordFile,
    TextColumns,
    open_records,
    require_columns,
)
from headrace.predict.records.text_format_detection import detect_format
from headrace.prepare.rejects.reasons_and_exceptions import Reason

ORIGIN = Origin(
    run="",
    table="",
    data_version=0,
    steps=1,
    weights_sha256="",
    settings={"input": "text"},
    text_column="text",
    reader_options={"sep": ","},
)
TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1), min_size=1)


@pytest.fixture(autouse=True)
def _short_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_file_reader, "RECORDS_PER_RANGE", 3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("records")


def read(path: Path, column: str | None = None, identity: str | None = None) -> list[Record]:
    file = RecordFile(path, Text(), column, identity)
    ranges = file.ranges()
    if file.format != "parquet":
        sizes = [record_range.size for record_range in ranges]
        assert ranges[0].begin + sum(sizes) == path.stat().st_size
    return [record for record_range in ranges for record in file.records(record_range)]


def reasons(records: list[Record]) -> dict[int, Reason]:
    return {record.line: record.rejection.reason for record in records if record.rejection}


def as_csv(rows: list[list[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(texts=TEXTS)
def test_csv_of_any_texts_is_read_as_it_was_written(texts: list[str], folder: Path) -> None:
    rows = [[str(number), text] for number, text in enumerate(texts)]
    path = folder / "some.csv"
    path.write_text(as_csv([["number", "words"], *rows]), encoding="utf-8", newline="")
    records = read(path, "words", "number")
    assert [[record.identity, record.text] for record in records] == rows
    assert [record.line for record in records] == sorted({record.line for record in records})


@settings(max_examples=30, deadline=None, derandomize=True)
@given(texts=TEXTS)
def test_jsonl_and_parquet_of_any_texts_are_read_as_they_were_written(texts: list[str], folder: Path) -> None:
    (folder / "some.jsonl").write_text("".join(json.dumps({"words": text}) + "\n" for text in texts))
    pq.write_table(pa.table({"words": texts}), folder / "some.parquet", row_group_size=2)
    for name in ("some.jsonl", "some.parquet"):
        records = read(folder / name, "words")
        assert [(record.line, record.text) for record in records] == list(enumerate(texts, 1))


@pytest.mark.tensorflow
def test_tfrecord_file_of_texts_is_read_as_preparation_reads_it(tmp_path: Path) -> None:
    import tensorflow as tf

    texts = ["one", "zwei: größer", "three"] * 3
    with tf.io.TFRecordWriter(str(tmp_path / "some.tfrecord")) as writer:
        for number, text in enumerate(texts):
            values = {"words": text.encode(), "key": b"k%d" % number}
            features = {
                name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value])) for name, value in values.items()
            }
            writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())
    records = read(tmp_path / "some.tfrecord", "words", "key")
    assert [(record.line, record.text, record.identity) for record in records] == [
        (number + 1, text, f"k{number}") for number, text in enumerate(texts)
    ]


def test_lines_keep_their_numbers_whether_or_not_the_last_one_ends(tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_bytes(b"one\n\nthree\r\nfour\n\xff\xfe\nsix")
    records = read(path)
    assert [record.line for record in records] == [1, 2, 3, 4, 5, 6]
    assert [record.text for record in records] == [b"one", "", b"three", b"four", b"\xff\xfe", b"six"]
    assert reasons(records) == {2: Reason.EMPTY}


def test_quoted_text_over_several_lines_has_the_number_of_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_text('id,text\n7,"two\nlines"\n8,"said ""so"""\n\n9,last')
    assert [(one.line, one.identity, one.text) for one in read(path, "text", "id")] == [
        (2, "7", "two\nlines"), (4, "8", 'said "so"'), (6, "9", "last"),
    ]  # fmt: skip


def test_broken_record_is_rejected_with_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_bytes(b'{"text": "good"}\n{"text"\n[1]\n{"other": 1}\n\xff\n{"text": null}\n{"text": 5}\n')
    records = read(path, "text")
    assert reasons(records) == {
        2: Reason.DAMAGED, 3: Reason.DAMAGED, 4: Reason.EMPTY, 5: Reason.NOT_TEXT, 6: Reason.EMPTY,
    }  # fmt: skip
    assert [record.text for record in records if not record.rejection] == ["good", "5"]


def test_missing_column_is_reported_with_the_existing_ones(tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_text("id,words\n1,a\n")
    with pytest.raises(ConfigurationError, match="has no column 'text'; its columns are: id, words"):
        RecordFile(path, Text(), "text", None)
    with pytest.raises(ConfigurationError, match="It is not known which column"):
        RecordFile(path, Text(), None, None)
    (tmp_path / "texts.txt").write_text("a")
    with pytest.raises(ConfigurationError, match=": each line is a record"):
        RecordFile(tmp_path / "texts.txt", Text(), None, "id")
    with pytest.raises(ConfigurationError, match=r"texts\.txt has no column 'words': each line is a record"):
        require_columns(tmp_path / "texts.txt", "words")


def test_csv_file_without_bytes_has_no_records(tmp_path: Path) -> None:
    (tmp_path / "texts.csv").write_bytes(b"")
    file = RecordFile(tmp_path / "texts.csv", Text(), "text", None)
    assert [record for part in file.ranges() for record in file.records(part)] == []


@pytest.mark.parametrize(
    ("data", "warned"),
    [
        ("id;words\n1;a\n", "a header of CSV with the column 'words', .* rename it to .csv if it is CSV"),
        ('{"words": "a"}\n', "an object or an array of JSON, .* rename it to .json if it is JSON"),
        ("a, and b\nwords\n", None),
    ],
)
def test_file_of_lines_that_begins_like_a_table_is_warned_of(
    data: str, warned: str | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "texts.dat"
    path.write_text(data)
    origin = Origin(
        run="r", table="t", data_version=0, steps=0, weights_sha256="", settings={"input": "text"}, text_column="words"
    )
    open_records(path, origin, TextColumns())
    assert (
        (caplog.text == "") if warned is None else re.search(f"The first line of .*texts.dat is {warned}", caplog.text)
    )


def test_damaged_parquet_file_is_reported_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "texts.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(DataError, match=r"texts\.parquet cannot be read"):
        RecordFile(tmp_path / "texts.parquet", Text(), "text", None)


@pytest.mark.parametrize(("zone", "warnings"), [("Europe/Berlin", 1), ("UTC", 0), (None, 0)])
@pytest.mark.parametrize("column", ["id", "words"])
def test_times_written_in_utc_are_warned_of(
    column: str, zone: str | None, warnings: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Predictions joined by the local time were those of other rows."""
    times = pa.array([datetime(2024, 7, 1)], pa.timestamp("us", zone))
    columns = {"words": pa.array(["a"]), "id": pa.array(["1"]), column: times}
    pq.write_table(pa.table(columns), tmp_path / "some.parquet")
    RecordFile(tmp_path / "some.parquet", Text(), "words", "id").report("some.parquet")
    assert len(caplog.messages) == warnings
    if warnings:
        assert f"The times in the column {column!r} of some.parquet have the zone Europe/Berlin" in caplog.text


def test_footer_of_a_spreadsheet_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "items.csv"
    path.write_text("text,label\none,a\ntwo,b\nthree,a\nTotal,3\n")
    origin = Origin(
        run="", table="", data_version=0, steps=0, weights_sha256="", settings={"input": "text"}, text_column="text"
    )
    open_records(path, origin, TextColumns())
    assert f"The last record of {path}, line 5, begins with 'Total'" in caplog.text


def test_records_like_comments_are_warned_of_with_the_option(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Also those of standard input, whose copy has a name of its own."""
    path = tmp_path / "stdin.csv"
    path.write_text("text;label\n# by me;today\none;a\n")
    origin = Origin(
        run="", table="", data_version=0, steps=0, weights_sha256="", settings={"input": "text"}, text_column="text"
    )
    with caplog.at_level(logging.INFO):
        open_records(path, origin, TextColumns(), "standard input")
    assert caplog.messages == [
        "The fields of standard input are separated by ';'.",
        "1 record of standard input begins with '#', such as line 2, and is read like any other; if that is a comment, "
        "set --option 'comment=#'.",
    ]
    caplog.clear()
    open_records(path, origin, TextColumns(options={"sep": ";", "comment": "#"}))
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0", "WAV"),
        (b"\xff\xfb\x90\0\0\0", "MP3"),
        (b"GIF89a\1\0\1\0", "GIF"),
        (b"\x89HDF\r\n\x1a\n\0", "HDF5"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"Obj\1\4\x14", "an Avro file"),
        (b"FEA1\0", "a Feather file"),
    ],
)
def test_file_of_another_format_is_not_taken_for_lines(data: bytes, name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(DataError, match=rf" (is|is in the format) {name}.*; expected text"):
        RecordFile(tmp_path / "file", Text(), None, None)


@pytest.mark.parametrize("line", ["BMW or MAC", "GIF89a is a format", "ID3 tags"])
def test_line_that_begins_like_another_format_is_a_text(line: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(f"{line}\n")
    assert [record.text for record in read(tmp_path / "file")] == [line.encode()]


def test_columns_of_a_file_of_markup_are_refused_with_its_format(tmp_path: Path) -> None:
    (tmp_path / "rows.xml").write_text("<?xml version='1.0'?>\n<rows/>\n")
    with pytest.raises(ConfigurationError, match=r"no column 'a': it is in the format HTML or XML; expected a \.csv"):
        require_columns(tmp_path / "rows.xml", "a")


@pytest.mark.parametrize(
    ("name", "option", "sentence"),
    [
        ("a.csv", {"delimter": ";"}, "the csv reader has no option `delimter`; it accepts: .*delimiter"),
        ("a.jsonl", {"sep": ";"}, "the json reader has no option `sep`; it accepts: .*encoding"),
        ("a.txt", {"sep": ";"}, "the lines reader has no option `sep`; it accepts: charset, encoding"),
        ("a.parquet", {"encoding": "utf-16"}, "the parquet reader has no option `encoding`"),
        ("a.txt", {"encoding": "base64"}, "the option `encoding` is 'base64': expected a text encoding"),
    ],
)
def test_options_of_the_command_that_the_format_lacks_are_refused(
    tmp_path: Path, name: str, option: dict[str, str], sentence: str
) -> None:
    """They had no effect, and a misspelt one none either; those of the bundle's source may be of another format."""
    (tmp_path / name).write_text("text\none\n" if name == "a.csv" else '{"text": "one"}\n')
    with pytest.raises(ConfigurationError, match=sentence):
        open_records(tmp_path / name, ORIGIN, TextColumns("text" if name[2:] != "txt" else None, options=option))


@pytest.mark.parametrize("size", [1, 10])
def test_lines_are_decoded_as_the_command_says(tmp_path: Path, size: int) -> None:
    """The option had no effect, and the message named a key that the command does not have."""
    (tmp_path / "a.txt").write_bytes("caf\u00e9 warm\n".encode("latin-1") * size)
    file = open_records(tmp_path / "a.txt", ORIGIN, TextColumns(options={"encoding": "latin-1"}))
    assert [record.text for part in file.ranges() for record in file.records(part)] == ["caf\u00e9 warm"] * size


def test_messages_of_readers_name_the_option_of_the_command(tmp_path: Path) -> None:
    """A configuration is not what predict reads."""
    (tmp_path / "a.csv").write_bytes('text,n\ncaf\u00e9,1\n"open,2\n'.encode("latin-1"))
    file = open_records(tmp_path / "a.csv", ORIGIN, TextColumns("text"))
    details = [record.rejection.detail for part in file.ranges() for record in file.records(part) if record.rejection]
    assert details[0].endswith("bytes that are not UTF-8; set --option encoding")
    assert details[1].endswith("set --option quote to ''")


@pytest.mark.parametrize("text", ['["one", "two"]', '[["one"], ["two"]]', '[\n "one",\n "two"\n]'])
def test_arrays_of_texts_are_json_that_is_refused(text: str) -> None:
    """The array was one text."""
    assert detect_format(text, "text") == "json"
    for line in ("[1] a note", "[sic] he said", "[]", "[] empty", '"one", "two"', "[1, 2]"):
        assert detect_format(line, "text") == "lines"


def test_column_in_the_name_of_a_folder_is_named(tmp_path: Path) -> None:
    """Its folder has the column, which the preparation of the folder reads and that of one file does not."""
    (tmp_path / "district=01").mkdir()
    (tmp_path / "district=01" / "a.csv").write_text("text\na\n")
    with pytest.raises(ConfigurationError, match="no column 'district'; .* Its folder district=01 is read by"):
        RecordFile(tmp_path / "district=01" / "a.csv", Text(), "district", None)
