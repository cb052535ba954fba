"""A raw record as a source lists it, before anything of it was read."""

from dataclasses import dataclass
from typing import NamedTuple


class RawFile(NamedTuple):
    """One file, as light as can be: there may be millions.

    Attributes:
        path: relative to the source's folder.
        label: name of its class; None where it has none.
        split: where the source decides it; None where the hash of its content will.
        size: in bytes.
        modified: nanoseconds since 1970.
    """

    path: str
    label: str | None
    split: str | None
    size: int
    modified: int


@dataclass(frozen=True)
class Listing:
    """All records of a source and the classes found in it, sorted."""

    root: str
    files: list[RawFile]
    classes: tuple[str, ...]


def printable(path: str) -> str:
    """`path` as text that can be stored: bytes of a file name that are not UTF-8 appear as \\x escapes."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
