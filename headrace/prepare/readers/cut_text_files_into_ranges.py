"""Cut text files into ranges of lines, one for each task."""

from collections.abc import Iterable
from pathlib import Path

from headrace.prepare.readers.compression import HEAD_BYTES, find_compression
from headrace.prepare.readers.row_types_and_errors import RowRange
from headrace.prepare.readers.text_stream import BYTEWISE, WIDE, encoding_from_mark


def is_splittable(path: Path, encoding: str | None) -> bool:
    """Return whether line breaks can be found by their bytes: the file is not compressed, and not UTF-16 or UTF-32."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return find_compression(head) is None and encoding_from_mark(head) not in WIDE and (encoding or "utf-8") in BYTEWISE


def cut_ranges(
    name: str, records: Iterable[tuple[int, int]], max_bytes: int, max_rows: int | None = None
) -> list[RowRange]:
    """Return the ranges of at most about `max_bytes` and `max_rows` each that cover an uncompressed file.

    Args:
        name: path of the file for ranges, relative to the source's folder.
        records: number of the first line and bytes of each record, in order.
    """
    ranges, begin, first, end, rows = list[RowRange](), 0, 1, 0, 0
    for number, size in records:
        if rows and (end - begin >= max_bytes or rows == max_rows):
            ranges.append(RowRange(name, begin, end - begin, first))
            begin, first, rows = end, number, 0
        end += size
        rows += 1
    return [*ranges, RowRange(name, begin, end - begin, first)] if end else []


def cut_lines(path: Path, name: str, max_bytes: int, max_rows: int | None = None) -> list[RowRange]:
    """Return the ranges of an uncompressed file whose lines are its records; see `cut_ranges`."""
    with path.open("rb") as file:
        return cut_ranges(name, ((number, len(line)) for number, line in enumerate(file, 1)), max_bytes, max_rows)
