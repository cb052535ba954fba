"""One file, as its storage describes it."""

from typing import NamedTuple


class Entry(NamedTuple):
    """One file.

    Attributes:
        path: relative to the folder that was asked for.
        size: in bytes.
        modified: seconds since 1970.
        mark: another one where the file was changed: nanoseconds since 1970, or a hash of a store's own mark.
    """

    path: str
    size: int
    modified: float
    change_tag: int
