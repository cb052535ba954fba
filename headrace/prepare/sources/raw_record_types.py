"""Types of listed raw files and of unprocessed records."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headrace.prepare.rejects.rejection_reasons import RejectedRecordError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ESCAPE_LIKE = re.compile(rb"\\(?=x[0-9a-f]{2})")


class RawRecord(NamedTuple):
    """One example as read from its source.

    Attributes:
        path: unique among all records of the source; valid UTF-8.
        label: the source's class label, or a number as text.
        data: the bytes of a file, the characters of a text, pixels (height, width, channels), or the numbers of
            a window (length, features).
        rejection: why the record could not be read; `data` is then empty.
        weight: sample weight in training, a number as text.
        reject_path: path in the rejects table, if `path` is a hash; None for `path` itself.
        root: folder that paths in the cells of a row are relative to.
        name_finding: what is found in the name of a member of an archive.
    """

    path: str
    label: str | None
    split: str | None
    data: bytes | str | NDArray[np.uint8] | NDArray[np.float32]
    rejection: RejectedRecordError | None = None
    weight: str | None = None
    reject_path: str | None = None
    root: str = ""
    name_finding: StrEnum | None = None


class RawFile(NamedTuple):
    """One file, or a range of its records; kept small, as there may be millions.

    Attributes:
        path: relative to the source's folder.
        label: the source's class label; None if there is none, or if the file holds it.
        split: split assigned by the source; None if the hash of the content decides.
        size: in bytes; -1 if the file is listed but missing.
        modified: nanoseconds since 1970, or a hash of the content, see `prepare.changes`.
        first: index of the first record in a file of many.
        rows: number of records; 1 if not known before reading.
        weight: sample weight in training, as text from the source.
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
    """All files and labels of a source, sorted; without labels if they must be read from the files.

    Attributes:
        rows: of a DataFrame, with the columns of `read_frame`; `files` then has one entry, which stands for all rows.
    """

    root: str
    files: list[RawFile]
    classes: tuple[str, ...]
    rows: "DataFrame | None" = None


def escape_path(path: str) -> str:
    """Return `path` as storable text: bytes of a file name that are not UTF-8 appear as \\x escapes.

    A backslash that would read as the beginning of one is escaped itself, so that no two paths become the same text.
    """
    name = ESCAPE_LIKE.sub(rb"\\x5c", path.encode("utf-8", "surrogateescape"))
    return name.decode("utf-8", "backslashreplace")


def escape_text(text: str) -> str:
    """Return `text` as storable text like `escape_path`; the backslashes that it has stay as they are."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def shorten(texts: Sequence[str], shown: int = 5) -> str:
    """Return the first texts, separated by commas, and dots if there are more."""
    return ", ".join(texts[:shown]) + (", ..." if len(texts) > shown else "")


def natural_sort(labels: Iterable[str]) -> tuple[str, ...]:
    """Return `labels` in natural order: alphabetically, with numbers by value (2 before 10)."""

    def rank(label: str) -> tuple[bool, int, str]:
        number = re.fullmatch(r"\d{1,18}", label)
        return number is None, int(label) if number else 0, label

    return tuple(sorted(labels, key=rank))
