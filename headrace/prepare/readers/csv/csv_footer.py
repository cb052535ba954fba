"""Find the footer of a CSV file, such as a last record `Total,,1234` that a spreadsheet wrote."""

from collections import deque
from pathlib import Path
from typing import NamedTuple

from headrace.prepare.readers.csv.csv_reader import COMPARED_CHARACTERS, SAMPLE_LINES, CsvReader
from headrace.prepare.readers.csv.csv_records_and_broken_lines import split_records
from headrace.prepare.readers.cut_text_files_into_ranges import is_splittable
from headrace.prepare.readers.text_stream import open_text

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
