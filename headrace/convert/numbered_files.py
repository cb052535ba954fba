"""Rows in numbered files of limited size, each of which is written before the next one begins."""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Limits(NamedTuple):
    """The size of a file.

    Attributes:
        rows: maximum number.
        size: maximum size in bytes, before compression; a file has one item at least.
    """

    rows: int
    size: int


class Item(NamedTuple, Generic[T]):
    """One or more rows that are not divided among files."""

    rows: int
    size: int
    content: T


class _NumberedItem(NamedTuple, Generic[T]):
    file: int
    content: T


def write_files(
    items: Iterable[Item[T]], limits: Limits, name: Callable[[int], Path], write: Callable[[Path, Iterator[T]], None]
) -> list[Path]:
    """Write all items in their order, and return the files.

    Args:
        name: path of a file by its number, from 0.
        write: writes a file with some items.
    """
    files = list[Path]()
    for number, group in groupby(_numbered(items, limits), key=attrgetter("file")):
        path = name(number)
        write(path, (item.content for item in group))
        files.append(path)
    return files


def _numbered(items: Iterable[Item[T]], limits: Limits) -> Iterator[_NumberedItem[T]]:
    file = rows = size = 0
    for item in items:
        if rows and (rows + item.rows > limits.rows or size + item.size > limits.size):
            file, rows, size = file + 1, 0, 0
        rows, size = rows + item.rows, size + item.size
        yield _NumberedItem(file, item.content)


def add_count_to_names(files: list[Path]) -> list[Path]:
    """Rename `train-00000.x` to `train-00000-of-00002.x` and so on, and return the new paths."""
    return [file.rename(file.with_name(f"{file.stem}-of-{len(files):05d}{file.suffix}")) for file in files]
