"""A last record such as `Total,,1234` is found, and a class or a text of that name is none."""

import gzip
import logging
import re
from pathlib import Path

import pytest

from headrace.config.table_reader_options import ReaderOptions
from headrace.prepare.readers import open_reader
from headrace.prepare.readers.csv.csv_footer import Footer, find_footer
from headrace.prepare.readers.csv.csv_probable_accidents import (
    COMMENT_OPTION,
    CsvDiagnostics,
    comment_warnings,
    diagnose_csv,
    footer_warnings,
    log_findings,
)
from headrace.prepare.readers.csv.csv_reader import CsvReader


def footer(file: Path, options: ReaderOptions | None = None) -> Footer | None:
    """Return the footer of a file."""
    return find_footer(CsvReader(file, file.name, ["price"], options or ReaderOptions()))


ROWS = "name,price\n" + "".join(f"item {row},{row}\n" for row in range(20))


@pytest.mark.parametrize("last", ["Total,190\n", "Gesamtergebnis,190", '"Grand total:",190\n\n', "SUMME,\n"])
def test_last_record_that_names_a_sum_is_a_footer(tmp_path: Path, last: str) -> None:
    file = tmp_path / "items.csv"
    file.write_text(ROWS + last)
    found = footer(file)
    assert found is not None
    assert found.line == 22


def test_first_cell_may_be_empty_as_that_of_an_index(tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text(",name,price\n" + "".join(f"{row},item,{row}\n" for row in range(9)) + ",Total,36\n")
    assert footer(file) == Footer(11, "Total")


@pytest.mark.parametrize(
    "text",
    [
        ROWS,
        ROWS + "Total cost of ownership,3\n",
        "name,price\n" + 10 * "total,1\nsum,2\n",
        "name,price\nTotal,1\n" + 10 * "item,1\n",
        "name,price\na,1\ntotal,1\n",
        "name,price\n",
        "",
    ],
)
def test_class_or_text_is_no_footer(tmp_path: Path, text: str) -> None:
    file = tmp_path / "items.csv"
    file.write_text(text or "price\n")
    assert footer(file) is None


def test_line_is_right_in_files_larger_than_the_part_that_is_read(tmp_path: Path) -> None:
    lines = ["name,price", *(f"item number {row},{row}" for row in range(10_000)), "Total,5"]
    text = "\n".join(lines)
    (tmp_path / "items.csv").write_text(text)
    (tmp_path / "items.csv.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "wide.csv").write_text(text, "utf-16")
    for name in ("items.csv", "items.csv.gz", "wide.csv"):
        assert footer(tmp_path / name) == Footer(10_002, "Total"), name


def test_footers_are_said_once_for_all_files(tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text(ROWS + "Total,190\n")
    (found,) = diagnose_csv(CsvReader(file, file.name, ["price"], ReaderOptions()), "items.csv")
    assert footer_warnings([found]) == [
        "The last record of items.csv, line 22, begins with 'Total' and is read like any other; if it is the footer of "
        "a spreadsheet, remove it."
    ]
    (text,) = footer_warnings([CsvDiagnostics("a.csv", (), 0, 0), found, found])
    assert text.startswith("The last record of 2 files, such as line 22 of items.csv, begins with 'Total'")


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
