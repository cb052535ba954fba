"""Types of listed raw files and of unprocessed records."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headrace.prepare.rejects.reasons_and_exceptions import RejectedRecordError
from headrace.storage import ListedFile

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


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


def to_raw_file(found: ListedFile, split: str | None) -> RawFile:
    """Return a listed file without a label, which its records hold."""
    return RawFile(found.path, None, split, found.size, found.change_tag)


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
