"""A path in a bucket with the interface of `pathlib.Path`.

A bucket has no folders: a folder exists if an object is below it. This module imports no store library; the first
access to an object does.
"""

import hashlib
import os
import stat
from collections.abc import Generator, Iterator
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from headrace.storage.listed_file import ListedFile
from headrace.storage.object_stores.bucket_address import Bucket
from headrace.storage.range_reader import RangeReader
from headrace.storage.remote_path_base import RemotePath, as_status


class ObjectPath(RemotePath):
    """A path scheme://bucket/key."""

    @property
    def bucket(self) -> Bucket:
        """The bucket.

        Raises:
            ValueError: the path has no bucket, e.g. after joining with an absolute local path.
        """
        return Bucket(self.SCHEME.rstrip(":"), self.server)

    @property
    def key(self) -> str:
        """Name in the bucket; empty for the bucket itself."""
        return "/".join(self.parts[2:])

    def read_bytes(self) -> bytes:
        """Return the whole object with one request."""
        from headrace.storage.object_stores import objects

        return objects.get(self.bucket, self.key)

    def write_bytes(self, data: Any) -> int:
        """Put the whole object at once; readers never see a part of it."""
        from headrace.storage.object_stores import objects

        objects.put(self.bucket, self.key, data)
        return len(data)

    def reader(self) -> RangeReader:
        """Open the object for reading in parts; reading a part fails once the object is replaced."""
        from headrace.storage.object_stores import objects

        bucket, status = self.bucket, objects.head(self.bucket, self.key)
        return RangeReader(status.size, lambda start, stop: objects.get_range(bucket, status, start, stop))

    def entry(self) -> ListedFile:
        """Return the entry of the object."""
        from headrace.storage.object_stores import objects

        status = objects.head(self.bucket, self.key)
        return ListedFile(self.name, status.size, status.modified, _change_tag(status.e_tag))

    def files(self) -> Iterator[ListedFile]:
        """Yield every object below."""
        from headrace.storage.object_stores import objects

        prefix_length = len(self.key) + 1 if self.key else 0
        for status in objects.list_recursive(self.bucket, self.key):
            yield ListedFile(status.key[prefix_length:], status.size, status.modified, _change_tag(status.e_tag))

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Return the status of the object, or of the folder that objects below it imply."""
        from headrace.storage.object_stores import objects

        if self.key:
            try:
                status = objects.head(self.bucket, self.key)
                return as_status(stat.S_IFREG, status.size, status.modified)
            except FileNotFoundError:
                if not self.is_dir():
                    raise
        return as_status(stat.S_IFDIR, 0, 0.0)

    def is_file(self) -> bool:
        """Return whether the object exists."""
        from headrace.storage.object_stores import objects

        try:
            return bool(self.key) and bool(objects.head(self.bucket, self.key))
        except FileNotFoundError:
            return False

    def is_dir(self) -> bool:
        """Return whether an object exists below."""
        from headrace.storage.object_stores import objects

        return next(objects.list_recursive(self.bucket, self.key), None) is not None

    def iterdir(self) -> Generator["ObjectPath", None, None]:
        """Yield the objects and folders directly below."""
        from headrace.storage.object_stores import objects

        folders, objects_below = objects.list_directory(self.bucket, self.key)
        yield from (self / name.rpartition("/")[2] for name in (*folders, *(status.key for status in objects_below)))

    def folders(self) -> set[str]:
        """Return the names of the folders directly below."""
        from headrace.storage.object_stores import objects

        return {name.rpartition("/")[2] for name in objects.list_directory(self.bucket, self.key)[0]}

    def glob(self, pattern: str, **options: Any) -> Generator["ObjectPath", None, None]:
        """Yield the objects directly below with the name `pattern`; FOLDERS/NAME looks one folder deeper."""
        folder, _, name = pattern.rpartition("/")
        folders = [self] if not folder else [path for path in self.iterdir() if fnmatchcase(path.name, folder)]
        yield from (path / name for path in folders if (path / name).is_file())

    def rglob(self, pattern: str, **options: Any) -> Generator["ObjectPath", None, None]:
        """Yield the objects at any depth with a name that matches `pattern`; never folders."""
        from headrace.storage.object_stores import objects

        for status in objects.list_recursive(self.bucket, self.key):
            if fnmatchcase(status.key.rpartition("/")[2], pattern):
                yield type(self)(self.SCHEME, self.server, status.key)

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove the object, if it exists."""
        from headrace.storage.object_stores import objects

        objects.delete(self.bucket, self.key)

    def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        """Do nothing: stores have no folders."""

    def rmdir(self) -> None:
        """Do nothing: stores have no folders."""


class S3Path(ObjectPath):
    """A path s3://bucket/key."""

    SCHEME: ClassVar[str] = "s3:"


class GcsPath(ObjectPath):
    """A path gs://bucket/key of Google Cloud Storage."""

    SCHEME: ClassVar[str] = "gs:"


class AzurePath(ObjectPath):
    """A path az://container/key, in the account that the environment names."""

    SCHEME: ClassVar[str] = "az:"


class AbfsPath(ObjectPath):
    """A path abfss://container@account.dfs.core.windows.net/key."""

    SCHEME: ClassVar[str] = "abfss:"


def _change_tag(e_tag: str) -> int:
    # A store's times have a resolution of a second; its tag changes with the content.
    return int.from_bytes(hashlib.blake2b(e_tag.encode(), digest_size=8).digest(), "little", signed=True)
