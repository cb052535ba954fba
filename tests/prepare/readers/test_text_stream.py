"""A byte order mark of another encoding than the one that is set is refused for every format of text."""

import gzip
from pathlib import Path

import pytest

from headrace.config.configuration_model import Text
from headrace.config.table_reader_options import ReaderOptions, parse_reader_options
from headrace.errors import DataError
from headrace.predict.records.record_file_reader import RecordFile
from headrace.prepare.preview.raw_preview import preview
from headrace.prepare.readers import open_reader

CONTENT = {"csv": "text,label\nfür,ä\n", "json": '{"text": "für", "label": "ä"}\n'}


@pytest.mark.parametrize("table_format", ["csv", "json"])
@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "ascii"])
def test_mark_of_utf_8_and_another_encoding_are_refused(tmp_path: Path, table_format: str, encoding: str) -> None:
    """The first column was called \u00ef\u00bb\u00bftext, and each umlaut was two letters."""
    options = parse_reader_options(table_format, {"encoding": encoding})
    for name, data in (("a", CONTENT[table_format].encode("utf-8-sig")), ("b.gz", b"")):
        (tmp_path / name).write_bytes(data or gzip.compress(CONTENT[table_format].encode("utf-8-sig")))
        with pytest.raises(DataError, match=r"byte order mark of UTF-8, and the encoding that is set is .*; leave"):
            open_reader(tmp_path / name, name, table_format, ["text"], options)


@pytest.mark.parametrize("table_format", ["csv", "json"])
@pytest.mark.parametrize(("written", "encoding"), [("utf-8-sig", "utf-8"), ("utf-8-sig", None), ("latin-1", "latin-1")])
def test_fitting_encodings_are_read(tmp_path: Path, table_format: str, written: str, encoding: str | None) -> None:
    (tmp_path / "a").write_text(CONTENT[table_format], written)
    options = parse_reader_options(table_format, {"encoding": encoding}) if encoding else ReaderOptions()
    reader = open_reader(tmp_path / "a", "a", table_format, ["text", "label"], options)
    (row,) = (row for part in reader.ranges(1, 1) for row in reader.rows(part))
    assert row.values == {"text": "für", "label": "ä"}


def test_lines_of_text_with_a_mark_and_another_encoding_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("für", "utf-8-sig")
    with pytest.raises(DataError, match="byte order mark of UTF-8, and the encoding that is set is latin-1"):
        RecordFile(tmp_path / "a.txt", Text(encoding="latin-1"), None, None)


def read(file: RecordFile) -> list[str | bytes]:
    return [record.text for part in file.ranges() for record in file.records(part)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le", "utf-32-be"])
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.txt"])
def test_encoding_that_cannot_decode_the_file_is_refused(tmp_path: Path, name: str, encoding: str) -> None:
    """Codecs of several bytes a character raise errors of their own, also where others leave surrogates."""
    (tmp_path / name).write_text("text,label\none,two\n" if name == "a.csv" else '{"text": "onee"}\n')
    with pytest.raises(DataError, match=f"{name} is not text in {encoding} .*; name its encoding .*for UTF-8"):
        read(RecordFile(tmp_path / name, Text(), "text", None, command_options={"encoding": encoding}))


@pytest.mark.parametrize("encoding", ["idna", "punycode", "unicode_escape", "raw_unicode_escape"])
def test_codecs_that_no_file_is_written_in_are_refused(encoding: str) -> None:
    """Python calls them text encodings."""
    with pytest.raises(ValueError, match="expected the encoding of a text file"):
        parse_reader_options("csv", {"encoding": encoding})
    with pytest.raises(ValueError, match="expected the encoding of a text file"):
        Text(encoding=encoding)


COMPRESSED = {
    "a.csv": (b"\x04\x22\x4d\x18\x40\x40\xc0", "LZ4"),
    "b.csv.lz4": (b"\x02\x21\x4c\x18\x40", "LZ4"),
    "c.txt": (b"\xff\x06\0\0sNaPpY\1", "Snappy"),
    "d.csv.snappy": (b"\x99\x0e\xf0Ltext,label\nfine \1", "Snappy"),
    "e.csv.Z": (b"\x1f\x9d\x90text", "compress"),
    "f.csv.br": (b"\x1b\x18\x07\0Dik", "Brotli"),
    "g.csv.7z": (b"7z\xbc\xaf\x27\x1c\0", "7-Zip"),
    "h.lzma": (b"\x5d\0\0\x80\0", "LZMA"),
}


@pytest.mark.parametrize("name", COMPRESSED)
def test_compressions_that_are_not_read_are_refused_by_name(tmp_path: Path, name: str) -> None:
    """Their bytes were lines of text to predict, and a table in UTF-16 to prepare."""
    data, compression = COMPRESSED[name]
    (tmp_path / name).write_bytes(data * 3)
    sentence = f"{name} is compressed with {compression}.*, which is not read; expected .* gzip, bzip2, xz or zstd"
    with pytest.raises(DataError, match=sentence):
        open_reader(tmp_path / name, name, "csv", ["text"], ReaderOptions())
    with pytest.raises(DataError, match=sentence):
        RecordFile(tmp_path / name, Text(), "text", None)
    for path in (tmp_path / name, tmp_path):
        with pytest.raises(DataError, match=sentence):
            preview(str(path))


@pytest.mark.parametrize("name", ["ur.br", "ur.lz4"])
def test_texts_with_the_suffix_of_a_compression_are_read(tmp_path: Path, name: str) -> None:
    """The language of a file may be its suffix."""
    (tmp_path / name).write_bytes("Un d\u00e9but\n".encode("latin-1"))
    file = RecordFile(tmp_path / name, Text(), None, None, command_options={"encoding": "latin-1"})
    assert read(file) == ["Un d\u00e9but"]
