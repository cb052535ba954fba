"""A file in a listing of storage."""

from typing import NamedTuple


class ListedFile(NamedTuple):
    """A file as its storage describes it.

    Attributes:
        path: relative to the listed directory.
        size: in bytes.
        modified: seconds since 1970.
        change_tag: changes whenever the file changes: nanoseconds since 1970, or a hash of the store's tag.
    """

    path: str
    size: int
    modified: float
    change_tag: int
