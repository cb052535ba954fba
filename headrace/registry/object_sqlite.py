"""MLflow's SQLite of a registry in a bucket: an object, of which every process has a copy while it works.

SQLite writes into the middle of its file, and a store knows only whole objects. So what a process changes, it changes
in its copy, and puts all of it back on condition that the object is still the one that it had fetched: of two who
change it at the same time exactly one succeeds.
"""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from headrace.errors import HeadraceError
from headrace.storage import S3Path
from headrace.storage.s3 import objects


class RegistryChangedError(HeadraceError):
    """Another process has changed the registry while this one did; nothing of what this one did is kept."""


class ObjectSqlite:
    """The object `place`, and the copy `here`, a file of this machine that goes with this object."""

    def __init__(self, place: S3Path) -> None:
        self.place = place
        self._scratch = TemporaryDirectory(prefix="headrace-")
        self.here = Path(self._scratch.name) / place.name
        self._tag: str | None = None
        self._known = ""

    def fetch(self) -> None:
        """Let the copy be what the object is; while there is none, it is what MLflow makes.

        Raises:
            StoreError: the store refuses, or does not answer.
        """
        try:
            if self._tag and objects.head(self.place.bucket, self.place.key).e_tag == self._tag:
                return
            data, self._tag = objects.get_with_tag(self.place.bucket, self.place.key)
        except FileNotFoundError:
            self._tag = None
            return
        self._fill(data)
        self._known = _hash(self._content())

    def commit(self) -> None:
        """Put the copy, if it has changed since it was fetched or kept.

        Raises:
            RegistryChangedError: the object has changed, too.
            StoreError: the store refuses, does not answer, or knows no conditional puts.
        """
        data = self._content()
        if _hash(data) == self._known:
            return
        tag = objects.replace(self.place.bucket, self.place.key, data, self._tag) or self._tag_of(data)
        if tag is None:
            raise RegistryChangedError(
                f"The registry {self.place} was changed by another process while this one changed it; nothing of this "
                "one's is kept. Run it again."
            )
        self._tag, self._known = tag, _hash(data)

    def rollback(self) -> None:
        """What was changed here counts no longer: the next `fetch` takes the object's content."""
        self._tag = None

    def _fill(self, data: bytes) -> None:
        """As a transaction of the copy, which MLflow may have opened."""
        fetched = self.here.with_suffix(".fetched")
        fetched.write_bytes(data)
        with closing(sqlite3.connect(fetched)) as source, closing(sqlite3.connect(self.here)) as copy:
            source.backup(copy)
        fetched.unlink()

    def _content(self) -> bytes:
        with closing(sqlite3.connect(self.here)) as copy:
            return copy.serialize()

    def _tag_of(self, data: bytes) -> str | None:
        """Of the object if it is `data`: the answer to a put that went well may have been lost."""
        now, tag = objects.get_with_tag(self.place.bucket, self.place.key)
        return tag if now == data else None


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
