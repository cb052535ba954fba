"""MLflow's SQLite database in object storage: each process works on a local copy.

SQLite writes into the middle of its file, but an object store replaces whole objects only. A process therefore changes
its local copy and uploads the whole file with a conditional put, which succeeds only if the object is still the one
that it fetched: exactly one of two concurrent writers succeeds.
"""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from headrace.errors import HeadraceError
from headrace.registry.damaged_database_checks import require_intact
from headrace.storage import ObjectPath
from headrace.storage.object_stores import objects


class RegistryChangedError(HeadraceError):
    """Another process changed the registry at the same time; the changes of this process are discarded."""


class ObjectSqlite:
    """An SQLite database stored as the object `path`, with a local copy that is deleted with this instance."""

    def __init__(self, path: ObjectPath) -> None:
        self.path = path
        self._scratch = TemporaryDirectory(prefix="headrace-")
        self.local_copy = Path(self._scratch.name) / path.name
        self._tag: str | None = None
        self._synced_hash = ""

    def fetch(self) -> None:
        """Update the local copy from the object; without an object, keep the database that MLflow creates.

        Raises:
            StoreError: the store refuses the request or does not respond.
            RegistryDamagedError: the object is not an intact database.
        """
        try:
            if self._tag and objects.head(self.path.bucket, self.path.key).e_tag == self._tag:
                return
            data, self._tag = objects.get_with_tag(self.path.bucket, self.path.key)
        except FileNotFoundError:
            self._tag = None
            return
        self._load(data)
        self._synced_hash = _hash(self._content())

    def commit(self) -> None:
        """Upload the local copy if it has changed since the last fetch or commit.

        Raises:
            RegistryChangedError: the object has changed too.
            StoreError: the store refuses the request, does not respond, or does not support conditional puts.
        """
        data = self._content()
        if _hash(data) == self._synced_hash:
            return
        tag = objects.replace(self.path.bucket, self.path.key, data, self._tag) or self._tag_of(data)
        if tag is None:
            raise RegistryChangedError(
                f"The registry {self.path} was changed by another process at the same time, so the changes of this "
                "process were discarded; run the command again."
            )
        self._tag, self._synced_hash = tag, _hash(data)

    def rollback(self) -> None:
        """Discard local changes: the next `fetch` replaces the local copy with the object's content."""
        self._tag = None

    def _load(self, data: bytes) -> None:
        """Replace the content in one transaction, because MLflow may have the local copy open."""
        fetched = self.local_copy.with_suffix(".fetched")
        fetched.write_bytes(data)
        require_intact(fetched, self.path)
        with closing(sqlite3.connect(fetched)) as source, closing(sqlite3.connect(self.local_copy)) as copy:
            source.backup(copy)
        fetched.unlink()

    def _content(self) -> bytes:
        with closing(sqlite3.connect(self.local_copy)) as copy:
            return copy.serialize()

    def _tag_of(self, data: bytes) -> str | None:
        """Return the object's tag if its content is `data`: the response to a successful put may have been lost."""
        content, tag = objects.get_with_tag(self.path.bucket, self.path.key)
        return tag if content == data else None


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
