"""Every file below a folder, with what the storage says of it, by as few questions as it takes."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from headrace.storage.s3_path import S3Path


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
    mark: int


def files_below(folder: Path) -> Iterator[Entry]:
    """Every file below `folder`, at any depth, in no order."""
    return _objects(folder) if isinstance(folder, S3Path) else _files(folder)


def entry_of(file: Path) -> Entry:
    """Of one file, named alone."""
    if isinstance(file, S3Path):
        from headrace.storage import objects

        found = objects.head(file.bucket, file.key)
        return Entry(file.name, found.size, found.modified, _mark(found.e_tag))
    status = file.stat()
    return Entry(file.name, status.st_size, status.st_mtime, status.st_mtime_ns)


def _files(folder: Path) -> Iterator[Entry]:
    for file in folder.rglob("*"):
        if file.is_file():
            status = file.stat()
            yield Entry(str(file.relative_to(folder)), status.st_size, status.st_mtime, status.st_mtime_ns)


def _objects(folder: S3Path) -> Iterator[Entry]:
    from headrace.storage import objects

    begin = len(folder.key) + 1 if folder.key else 0
    for found in objects.below(folder.bucket, folder.key):
        yield Entry(found.key[begin:], found.size, found.modified, _mark(found.e_tag))


def _mark(e_tag: str) -> int:
    # A store's times are of whole seconds; its tag changes with the content.
    return int.from_bytes(hashlib.blake2b(e_tag.encode(), digest_size=8).digest(), "little", signed=True)
