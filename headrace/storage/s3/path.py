"""A path in a bucket with the interface of `pathlib.Path`.

A bucket has no folders: one is there when something is below it. This module imports no library of a store; the
first object does.
"""

import hashlib
import os
import stat
from collections.abc import Generator, Iterator
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from headrace.storage.entry import Entry
from headrace.storage.range_reader import RangeReader
from headrace.storage.remote_path import RemotePath, as_status


class S3Path(RemotePath):
    """A path s3://bucket/key."""

    SCHEME: ClassVar[str] = "s3:"

    @property
    def bucket(self) -> str:
        """Name of the bucket.

        Raises:
            ValueError: there is none, as after joining with a path that begins anew.
        """
        return self.server

    @property
    def key(self) -> str:
        """Name in the bucket; empty for the bucket itself."""
        return "/".join(self.parts[2:])

    def read_bytes(self) -> bytes:
        """Return the whole object with one request."""
        from headrace.storage.s3 import objects

        return objects.get(self.bucket, self.key)

    def write_bytes(self, data: Any) -> int:
        """Put the whole object at once; readers never see a part of it."""
        from headrace.storage.s3 import objects

        objects.put(self.bucket, self.key, data)
        return len(data)

    def reader(self) -> RangeReader:
        """Open the object for reading in parts; parts requested after it was replaced are refused."""
        from headrace.storage.s3 import objects

        bucket, status = self.bucket, objects.head(self.bucket, self.key)
        return RangeReader(status.size, lambda start, stop: objects.get_range(bucket, status, start, stop))

    def entry(self) -> Entry:
        """Return the entry of the object."""
        from headrace.storage.s3 import objects

        found = objects.head(self.bucket, self.key)
        return Entry(self.name, found.size, found.modified, _mark(found.e_tag))

    def files(self) -> Iterator[Entry]:
        """Yield every object below."""
        from headrace.storage.s3 import objects

        begin = len(self.key) + 1 if self.key else 0
        for found in objects.list_recursive(self.bucket, self.key):
            yield Entry(found.key[begin:], found.size, found.modified, _mark(found.e_tag))

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Return the status of the object, or of the folder that objects below it imply."""
        from headrace.storage.s3 import objects

        if self.key:
            try:
                found = objects.head(self.bucket, self.key)
                return as_status(stat.S_IFREG, found.size, found.modified)
            except FileNotFoundError:
                if not self.is_dir():
                    raise
        return as_status(stat.S_IFDIR, 0, 0.0)

    def is_file(self) -> bool:
        """Return whether the object exists."""
        from headrace.storage.s3 import objects

        try:
            return bool(self.key) and bool(objects.head(self.bucket, self.key))
        except FileNotFoundError:
            return False

    def is_dir(self) -> bool:
        """Return whether an object exists below."""
        from headrace.storage.s3 import objects

        return next(objects.list_recursive(self.bucket, self.key), None) is not None

    def iterdir(self) -> Generator["S3Path", None, None]:
        """Yield objects and folders directly below."""
        from headrace.storage.s3 import objects

        folders, found = objects.list_directory(self.bucket, self.key)
        yield from (self / name.rpartition("/")[2] for name in (*folders, *(one.key for one in found)))

    def folders(self) -> set[str]:
        """Return the names of the folders directly below."""
        from headrace.storage.s3 import objects

        return {name.rpartition("/")[2] for name in objects.list_directory(self.bucket, self.key)[0]}

    def glob(self, pattern: str, **options: Any) -> Generator["S3Path", None, None]:
        """Yield objects that match the name `pattern`, or, after */, those one folder below."""
        folder, _, name = pattern.rpartition("/")
        found = [self] if not folder else [one for one in self.iterdir() if fnmatchcase(one.name, folder)]
        yield from (one / name for one in found if (one / name).is_file())

    def rglob(self, pattern: str, **options: Any) -> Generator["S3Path", None, None]:
        """Yield objects at any depth whose last part matches `pattern`; never folders."""
        from headrace.storage.s3 import objects

        for found in objects.list_recursive(self.bucket, self.key):
            if fnmatchcase(found.key.rpartition("/")[2], pattern):
                yield S3Path(self.SCHEME, self.bucket, found.key)

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove the object; one that is not there is no error."""
        from headrace.storage.s3 import objects

        objects.delete(self.bucket, self.key)

    def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        """Do nothing: stores have no folders."""

    def rmdir(self) -> None:
        """Do nothing: stores have no folders."""


def _mark(e_tag: str) -> int:
    # A store's times are of whole seconds; its tag changes with the content.
    return int.from_bytes(hashlib.blake2b(e_tag.encode(), digest_size=8).digest(), "little", signed=True)
