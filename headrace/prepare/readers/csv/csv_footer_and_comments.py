"""Find comments and footers in a CSV file, such as a last record `Total,,1234` that a spreadsheet wrote."""

import logging
from collections import deque
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from headrace.prepare.readers.csv.csv_one_column_joined_lines import JoinedRecords, find_joined_lines
from headrace.prepare.readers.csv.csv_reader import COMPARED_CHARACTERS, SAMPLE_LINES, CsvReader
from headrace.prepare.readers.csv.csv_records_and_broken_lines import split_records
from headrace.prepare.readers.cut_text_files_into_ranges import is_splittable
from headrace.prepare.readers.text_stream import open_text
from headrace.wording import quantity, quantity_has

TAIL, BLOCK = 2**16, 2**20
# In a table of fewer records, the last but one does not show how records begin.
MIN_RECORDS = 3
# What spreadsheets, their pivot tables and pandas (`margins=True`) write in several languages, in lower case.
FOOTERS = frozenset(
    (
        *("total", "totals", "grand total", "total result", "subtotal", "sub-total", "sum", "all", "overall"),
        *("average", "avg", "mean", "count", "gesamt", "gesamtergebnis", "gesamtsumme", "summe", "insgesamt"),
        *("mittelwert", "durchschnitt", "anzahl", "total général", "somme", "moyenne", "nombre", "total general"),
        *("suma", "promedio", "media", "totale", "somma", "total geral", "soma", "média", "totaal", "eindtotaal"),
        *("som", "gemiddelde", "razem", "итого", "всего", "合计", "总计", "合計", "総計"),
    )
)


class Footer(NamedTuple):
    """A last record that may be a footer: its line, and the first of its cells that is not empty."""

    line: int
    cell: str


class _FileTail(NamedTuple):
    """The last lines of a file, and the bytes and lines before them."""

    lines: list[str]
    skipped_bytes: int = 0
    skipped_lines: int = 0


def find_footer(reader: CsvReader) -> Footer | None:
    """Return the last record if its first cell names a sum, and no other of the last records begins so."""
    tail = _read_tail(reader)
    records = [
        (number, next(cell.strip() for cell in fields if cell.strip()))
        for number, fields, _ in split_records(tail.lines, reader.options)
        if isinstance(fields, list) and len(fields) == reader.width and any(map(str.strip, fields))
    ]
    names = [cell.casefold().rstrip(": ") for _, cell in records]
    if len(records) < MIN_RECORDS + reader.has_header or names[-1] not in FOOTERS or names[-1] in names[:-1]:
        return None
    number, cell = records[-1]
    return Footer(tail.skipped_lines + _count_lines(reader.path, tail.skipped_bytes) + number, cell)


def _read_tail(reader: CsvReader) -> _FileTail:
    """Return the last lines of a file; none of a large one that can be read only from its beginning."""
    encoding = reader.options.encoding
    if is_splittable(reader.path, encoding):
        size = reader.path.stat().st_size
        begin = max(0, size - TAIL)
        with open_text(reader.path, encoding, begin, size - begin) as text:
            lines = list(text)
        # The part may begin within a line.
        return _FileTail(lines[1:], begin, 1) if begin else _FileTail(lines)
    last, read, number = deque[str](maxlen=SAMPLE_LINES), 0, 0
    with open_text(reader.path, encoding) as text:
        for line in text:
            number += 1
            last.append(line)
            read += len(line)
            if read > COMPARED_CHARACTERS:
                return _FileTail([])
    return _FileTail(list(last), skipped_lines=number - len(last))


def _count_lines(path: Path, size: int) -> int:
    """Return how many lines end in the first `size` bytes of a file."""
    lines = 0
    with path.open("rb") as file:
        while size > 0 and (block := file.read(min(BLOCK, size))):
            lines += block.count(b"\n")
            size -= len(block)
    return lines


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
        remedy: how to leave out comments, by which the way to set options is known.
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
