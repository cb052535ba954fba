"""Hints at why a file of CSV lacks a column: what its first lines are instead of the names of the columns."""

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from headrace.wording import column_title

# Lines above a header, such as a title, at which a hint looks.
LINES_ABOVE = 20
# A name of a column is not a number, and is short unless it is the question of a survey.
NUMBER_CELL = re.compile(r"\s*[-+]?\d+(?:[.,]\d+)*\s*")
MAX_NAME_WORDS = 6
# What begins a comment, and the line by which Excel names the separator.
MARKED = re.compile("#|sep=", re.IGNORECASE)


def find_header_below(lines: Iterable[str], name: str, separators: Iterable[str]) -> str:
    """Return which line below the first one has the names of the columns, if one of the next LINES_ABOVE has `name`.

    Args:
        lines: of the file, from the first on. Each is read by itself, as a title may have fewer fields.
    """
    head = list(islice(lines, LINES_ABOVE + 1))
    if not head or MARKED.match(head[0]):
        return ""
    for number, line in enumerate(head[1:], 2):
        for separator in separators:
            fields = [field.strip().strip("\"'") for field in line.split(separator)]
            if len(fields) > 1 and name in fields:
                return f"its line {number} has it, so that the names of the columns are there; remove what is above"
    return ""


def first_line_hint(columns: Sequence[str], name_as_value: str = "") -> str:
    """Return why a file lacks a column if its first line is a comment, a record, or that of Excel on the separator.

    Args:
        name_as_value: a name of a column that is also a value of it.
    """
    listed = ", ".join(map(column_title, columns))
    if columns and columns[0].startswith("#"):
        return f"its columns are: {listed}; if its first line is a comment, set data.source.options.comment to '#'"
    found = re.match(r"sep=(.?)", columns[0], re.IGNORECASE) if columns else None
    if found is None and (name_as_value or looks_like_record(columns)):
        return (
            f"its columns are: {listed}; if its first line is a record, write the names of the columns "
            "above it, or set data.source.options.header to false and name columns _c0, _c1 and so on"
        )
    if found is None:
        return ""
    separator = found[1] or ","
    return f"its first line {columns[0]!r} is one of Excel; remove it, and set data.source.options.sep to {separator!r}"


def looks_like_record(columns: Iterable[str]) -> bool:
    """Return whether the first line of a file seems to be a record and not the names of the columns."""
    return any(map(_is_content, columns))


def _is_content(column: str) -> bool:
    """Return whether a name of a column looks like the cell of a record: a number, or a text of many words."""
    return NUMBER_CELL.fullmatch(column) is not None or len(column.split()) > MAX_NAME_WORDS
