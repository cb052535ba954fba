"""One file, as its storage describes it."""

from typing import NamedTuple


class Entry(NamedTuple):
    """One file.

    Attributes:
        path: relative to the listed directory.
        size: in bytes.
        modified: seconds since 1970.
        change_tag: differs after the file was changed: nanoseconds since 1970, or a hash of a store's own tag.
    """

    path: str
    size: int
    modified: float
    change_tag: int
