"""Format a table as text for the terminal."""

import os
from collections.abc import Mapping, Sequence
from typing import TextIO

GAP = "  "


def terminal_width(stream: TextIO) -> int | None:
    """Return the number of characters in a line of the terminal; None if `stream` is not one."""
    if not stream.isatty():
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except OSError:
        return None


def table_width(columns: Mapping[str, Sequence[str]]) -> int:
    """Return the number of characters in a line of a table, given its cells by title."""
    widths = [max(map(len, (title, *cells))) for title, cells in columns.items()]
    return sum(widths) + len(GAP) * (len(widths) - 1)


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Return `header` and `rows` in columns; a row may end early.

    Args:
        left: number of columns that are aligned to the left; the others hold numbers.
    """
    widths = [0] * len(header)
    for row in (header, *rows):
        for index, cell in enumerate(row):
            widths[index] = max(widths[index], len(cell))
    return "\n".join(_line(row, widths, left) for row in (header, *rows))


def _line(row: Sequence[str], widths: Sequence[int], left: int) -> str:
    cells = zip(row, widths, range(len(row)), strict=False)
    return GAP.join(f"{cell:<{width}}" if index < left else f"{cell:>{width}}" for cell, width, index in cells).rstrip()
