"""A raw file as a source lists it, and a raw record before anything is done to it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headrace.prepare.rejection import RejectedRecordError

ESCAPE_LIKE = re.compile(rb"\\(?=x[0-9a-f]{2})")


class RawRecord(NamedTuple):
    """One example as its source gives it.

    Attributes:
        path: names it among all records of the source; can be stored.
        label: what the source calls its class, or a number as text.
        data: the bytes of a file, the characters of a text, pixels (height, width, channels), or the numbers of
            a window (length, features).
        rejection: why it could not be had; `data` is empty then.
        weight: how much it counts in training, a number as text.
    """

    path: str
    label: str | None
    split: str | None
    data: bytes | str | NDArray[np.uint8] | NDArray[np.float32]
    rejection: RejectedRecordError | None = None
    weight: str | None = None


class RawFile(NamedTuple):
    """One file, or a run of the records in it, as light as can be: there may be millions.

    Attributes:
        path: relative to the source's folder.
        label: what the source calls its class; None where it has none, or where it is in the file.
        split: where the source decides it; None where the hash of its content will.
        size: in bytes; -1 where the file is named but not there.
        modified: nanoseconds since 1970, or a hash of the content, as `prepare.changes` has it.
        first: number of the first record, in a file of many.
        rows: records in the run; 1 where that is not known before it is read.
        weight: of the record in training, as the source writes it.
    """

    path: str
    label: str | None
    split: str | None
    size: int
    modified: int
    first: int = 0
    rows: int = 1
    weight: str | None = None


@dataclass(frozen=True)
class Listing:
    """All files of a source and the labels found, sorted; no labels where they are still to be read from the files."""

    root: str
    files: list[RawFile]
    classes: tuple[str, ...]


def escape_path(path: str) -> str:
    """`path` as text that can be stored: bytes of a file name that are not UTF-8 appear as \\x escapes.

    A backslash that would read as the beginning of one is escaped itself, so that no two paths become the same text.
    """
    name = ESCAPE_LIKE.sub(rb"\\x5c", path.encode("utf-8", "surrogateescape"))
    return name.decode("utf-8", "backslashreplace")


def natural_sort(labels: Iterable[str]) -> tuple[str, ...]:
    """`labels` by the alphabet, numbers in them by their size: 2 before 10."""

    def rank(label: str) -> tuple[bool, int, str]:
        number = re.fullmatch(r"\d{1,18}", label)
        return number is None, int(label) if number else 0, label

    return tuple(sorted(labels, key=rank))
