"""What readers find in files of CSV is said once for all of them."""

import logging
from pathlib import Path

import pytest

from headrace.config.sections.spark_reader_options import ReaderOptions
from headrace.prepare.readers import open_reader
from headrace.prepare.readers.csv_comment_and_footer_warnings import (
    COMMENT_OPTION,
    CsvDiagnostics,
    comment_warnings,
    diagnose_csv,
    log_findings,
)


def test_records_like_comments_are_counted_over_all_files() -> None:
    one = CsvDiagnostics("b.csv", (), 1, 3)
    assert comment_warnings([CsvDiagnostics("a.csv", (), 0, 0), one]) == [
        "1 record of b.csv begins with '#', such as line 3, and is read like any other; if that is a comment, set "
        "data.source.options.comment to '#'."
    ]
    assert comment_warnings([one, CsvDiagnostics("c.csv", (), 2, 7)], COMMENT_OPTION) == [
        "3 records of 2 files begin with '#', such as line 3 of b.csv, and are read like any other; if that is a "
        "comment, set --option 'comment=#'."
    ]
    assert comment_warnings([CsvDiagnostics("a.csv", (), 0, 0)]) == []


def test_separators_are_said_once_for_all_files_that_have_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.csv").write_text("text,label\na,b\n")
    for name in ("b.csv", "c.csv"):
        (tmp_path / name).write_text("text;label\na;b\n")
    with caplog.at_level(logging.INFO):
        readers = {
            name: open_reader(tmp_path / name, name, "csv", ["text"], ReaderOptions())
            for name in ("a.csv", "b.csv", "c.csv")
        }
        assert caplog.messages == []
        log_findings(found for name, reader in readers.items() for found in diagnose_csv(reader, name))
    assert caplog.messages == ["The fields of 2 files, such as b.csv, are separated by ';'."]
