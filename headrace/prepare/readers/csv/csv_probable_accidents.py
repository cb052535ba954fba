"""Log what in CSV files is probably an accident: comments, footers, joined lines, and how fields are written."""

import logging
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from headrace.prepare.readers.csv.csv_footer import Footer, find_footer
from headrace.prepare.readers.csv.csv_one_column_joined_lines import JoinedRecords, find_joined_lines
from headrace.prepare.readers.csv.csv_reader import CsvReader
from headrace.wording import quantity, quantity_has

log = logging.getLogger(__name__)

# How a configuration and a command leave out comments.
COMMENT_KEY = "set data.source.options.comment to '#'"
COMMENT_OPTION = "set --option 'comment=#'"


class CsvDiagnostics(NamedTuple):
    """The findings in one file.

    Attributes:
        name: of the file in messages.
        notes: of its reader.
        comments: number of records that may be comments.
        line: of the first of these.
        footer: last record that may be one.
        joined: records of a single column that may be joined lines.
        name_as_value: a name of a column that is also a value of it; empty without one.
    """

    name: str
    notes: tuple[str, ...]
    comments: int
    line: int
    footer: Footer | None = None
    joined: JoinedRecords = JoinedRecords()
    name_as_value: str = ""


def diagnose_csv(reader: object, name: str) -> list[CsvDiagnostics]:
    """Return the findings of a reader; none if it reads another format."""
    if not isinstance(reader, CsvReader):
        return []
    joined = find_joined_lines(reader)
    comments, line = reader.find_comments()
    named = reader.find_name_as_value()
    return [CsvDiagnostics(name, tuple(reader.notes), comments, line, find_footer(reader), joined, named)]


def log_findings(found: Iterable[CsvDiagnostics], remedy: str = COMMENT_KEY) -> None:
    """Log what was found in files.

    Args:
        remedy: how to leave out records that may be comments.
    """
    found = list(found)
    log_notes(found)
    about_lines = (*comment_warnings(found, remedy), *footer_warnings(found), *joined_warnings(found, remedy))
    for warning in (*header_warnings(found), *about_lines):
        log.warning("%s", warning)


def log_notes(found: Sequence[CsvDiagnostics]) -> None:
    """Log how the fields of files are written, where no option says so."""
    for note in dict.fromkeys(note for one in found for note in one.notes):
        noted = [one.name for one in found if note in one.notes]
        log.info("The fields of %s %s.", _files(noted), note)


def comment_warnings(found: Iterable[CsvDiagnostics], remedy: str = COMMENT_KEY) -> list[str]:
    """Return warnings about records that may be comments.

    Args:
        remedy: how to leave them out.
    """
    commented = [one for one in found if one.comments]
    if not commented:
        return []
    records, first = sum(one.comments for one in commented), commented[0]
    begin, read_as = ("begins", "is") if records == 1 else ("begin", "are")
    line = f"line {first.line}" + (f" of {first.name}" if len(commented) > 1 else "")
    return [
        f"{quantity(records, 'record')} of {_files([one.name for one in commented], example=False)} {begin} with '#', "
        f"such as {line}, and {read_as} read like any other; if that is a comment, {remedy}."
    ]


def header_warnings(found: Iterable[CsvDiagnostics]) -> list[str]:
    """Return a warning if a first line may be a record: a name of a column is also a value of it."""
    named = [one for one in found if one.name_as_value]
    if not named:
        return []
    return [
        f"The first line of {_files([one.name for one in named])} may be a record and not the names of the columns, as "
        f"{named[0].name_as_value!r:.60} is also a value of its column; if it is one, write the names above it, or set "
        "data.source.options.header to false and name columns _c0, _c1 and so on."
    ]


def footer_warnings(found: Iterable[CsvDiagnostics]) -> list[str]:
    """Return warnings about last records that may be footers."""
    footers = [(one.name, one.footer) for one in found if one.footer is not None]
    if not footers:
        return []
    (name, first), is_one = footers[0], len(footers) == 1
    which = f"{name}, line {first.line}," if is_one else f"{len(footers)} files, such as line {first.line} of {name},"
    return [
        f"The last record of {which} begins with {first.cell!r} and is read like any other; if it is the footer of a "
        "spreadsheet, remove it."
    ]


def joined_warnings(found: Iterable[CsvDiagnostics], remedy: str = COMMENT_KEY) -> list[str]:
    """Return what to say about records of a single column that may be lines between two stray quotes.

    Args:
        remedy: how to leave out comments, in the way in which options are set here: a key or a command-line option.
    """
    joined = [one for one in found if one.joined.records]
    if not joined:
        return []
    option = "--option quote=" if remedy == COMMENT_OPTION else "data.source.options.quote to ''"
    records, longest = sum(one.joined.records for one in joined), max(joined, key=lambda one: one.joined.lines)
    _, first, last = longest.joined
    return [
        f"{quantity_has(records, 'record')} several lines in a file of one column, such as lines {first} to {last} of "
        f"{longest.name}, as a quote opens in the first line and closes in the last. If these "
        f"quotes are part of the texts, and each line is one, set {option}."
    ]


def _files(names: list[str], *, example: bool = True) -> str:
    if len(names) == 1:
        return names[0]
    return quantity(len(names), "file") + (f", such as {names[0]}," if example else "")
