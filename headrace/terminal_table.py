"""Format a table as text for the terminal."""

from collections.abc import Sequence

GAP = "  "


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
