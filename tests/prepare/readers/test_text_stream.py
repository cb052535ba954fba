"""A byte order mark of another encoding than the one that is set is refused for every format of text."""

import gzip
from pathlib import Path

import pytest

from headrace.config.configuration import Text
from headrace.config.sections.spark_reader_options import ReaderOptions, parse_reader_options
from headrace.errors import DataError
from headrace.predict.records.splittable_record_file import RecordFile
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
