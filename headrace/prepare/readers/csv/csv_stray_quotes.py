"""Detect CSV records that a stray quote has merged.

A quote at the beginning of a field, such as an inch mark in the wrong place, reaches to the next quote at the end of
a field, maybe many records later. All readers then return one record, and lose the others silently.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

MAX_VALUE = 60
# Columns with more values than this hold texts or identities, not names that recur.
MAX_VALUES = 10_000


class JoinedLines:
    """Test whether the lines of one record look like complete records.

    They do if each line has as many fields as the file has columns, without quotes, and one of the cells outside of the
    quoted field is one that its column has elsewhere, such as the name of a class, in the sample or in another of the
    lines. A text of several lines rarely has as many separators in each, and rarely a class name between them.

    Args:
        read_sample: returns fields of records of one line each, to compare with; the same ones for each range of a
            file, so that ranges are read the same way. It is called when a record is in doubt.
        width: number of columns.
    """

    def __init__(
        self, read_sample: Callable[[], Iterable[Sequence[str]]], width: int, separator: str, quote: str
    ) -> None:
        self.read_sample, self.width, self.separator, self.quote = read_sample, width, separator, quote

    def __call__(self, lines: Sequence[str]) -> bool:
        """Return whether the lines of one record look like complete records."""
        cells = [line.rstrip("\r\n").split(self.separator) for line in lines]
        if any(len(row) != self.width for row in cells):
            return False
        begin = next((at for at, cell in enumerate(cells[0]) if self._opens(cell)), self.width)
        first, last = cells[0][begin + 1 :], cells[-1][:begin]
        outside = [*zip(range(begin + 1, self.width), first, strict=True), *enumerate(last)]
        for row in cells[1:-1]:
            outside += [(at, cell) for at, cell in enumerate(row) if at != begin]
        return self._recurs(outside, cells, begin) or any(cell.strip() in self.values[at] for at, cell in outside)

    def _recurs(self, outside: Sequence[tuple[int, str]], cells: Sequence[Sequence[str]], begin: int) -> bool:
        """Return whether lines share a cell, as in a file in the order of its classes, which a sample may not have.

        The cells of the record itself count, too: those before the quoted field and those after it.
        """
        own = [*enumerate(cells[0][:begin]), *list(enumerate(cells[-1]))[begin + 1 :]]
        seen = {(at, cell.strip()) for at, cell in own}
        for at, cell in outside:
            if cell.strip() and (at, cell.strip()) in seen:
                return True
            seen.add((at, cell.strip()))
        return False

    @cached_property
    def values(self) -> list[set[str]]:
        """Short cells of each column, without empty ones."""
        found: list[set[str]] = [set() for _ in range(self.width)]
        for fields in self.read_sample():
            for values, field in zip(found, fields, strict=True):
                if len(field) <= MAX_VALUE and len(values) < MAX_VALUES:
                    values.add(field.strip())
        return [values - {""} for values in found]

    def _opens(self, cell: str) -> bool:
        return cell.lstrip().startswith(self.quote) and cell.count(self.quote) % 2 == 1
