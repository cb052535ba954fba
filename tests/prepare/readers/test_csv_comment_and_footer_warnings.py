"""What readers find in files of CSV is said once for all of them."""

import logging
import re
from pathlib import Path

import pytest

from headrace.config.table_reader_options import ReaderOptions
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


@pytest.mark.parametrize(
    ("lines", "warned"),
    [
        (["one", '"two', "three", 'four"', "five", "six"], "1 record has several lines .* lines 3 to 5 of a.csv"),
        (
            ["one", '"two', 'three"', "four", '"five', "six", 'seven"'],
            "2 records have several lines .* lines 6 to 8",
        ),
        (['"one', 'two"', '"three', 'four"', '"five"'], None),
        (["one", '"two', "", 'four"', "five", "six"], None),
        (["one", '"two"', "three"], None),
    ],
)
def test_lines_that_stray_quotes_join_in_a_single_column_are_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, lines: list[str], warned: str | None
) -> None:
    """With a second column, its names tell that lines are records; texts with paragraphs are none of these."""
    (tmp_path / "a.csv").write_text("\n".join(["text", *lines, ""]))
    reader = open_reader(tmp_path / "a.csv", "a.csv", "csv", ["text"], ReaderOptions())
    log_findings(diagnose_csv(reader, "a.csv"), COMMENT_OPTION)
    assert (caplog.text == "") if warned is None else re.search(f"{warned}.* set --option quote=", caplog.text)
