"""Serialise changes of the registry with a lock; in a bucket, commit them atomically."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headrace.errors import HeadraceError
from headrace.locks.file_lock import LockHeldError
from headrace.locks.local_or_bucket_folder_lock import lock_folder
from headrace.registry.object_sqlite import ObjectSqlite

# A change takes seconds, but in a bucket the lock of a process that died on another machine remains.
LOCK_TIMEOUT_SECONDS = 60


class Transaction:
    """The lock of the registry in `folder` and its commit point; without `database`, changes are visible at once."""

    def __init__(self, folder: Path, database: ObjectSqlite | None) -> None:
        self._folder, self._database = folder, database
        self._held = False

    @contextmanager
    def hold(self, operation: str) -> Iterator[None]:
        """Lock the registry for the block and commit its changes when the block ends.

        In a bucket, other processes see no change before `commit` or the end of the block; if the block fails, its
        uncommitted changes are discarded. A nested block belongs to the outer one.

        Args:
            operation: short description of the block, shown to processes that find the lock held.

        Raises:
            HeadraceError: another process holds the lock of a registry in a bucket for too long.
            RegistryChangedError: another process changed the registry although it was locked, because the lock was
                removed by hand.
        """
        if self._held:
            yield
            return
        with self._locked(operation), self._committed():
            yield

    def require_lockable(self) -> None:
        """Raise if the registry cannot be locked for a change; nothing of it is changed.

        Raises:
            HeadraceError: its folder cannot be written, or another process holds the lock for too long.
        """
        with self._locked("check the registry"):
            pass

    @contextmanager
    def _locked(self, operation: str) -> Iterator[None]:
        try:
            with lock_folder(self._folder, operation, wait=True, max_seconds=LOCK_TIMEOUT_SECONDS):
                yield
        except LockHeldError as error:
            raise HeadraceError(
                f"The registry {self._folder} is locked by {error.holder}; run the command again later. {error.fix}"
            ) from None

    @contextmanager
    def _committed(self) -> Iterator[None]:
        self.refresh()
        self._held = True
        try:
            yield
            self.commit()
        except BaseException:
            if self._database:
                self._database.rollback()
            raise
        finally:
            self._held = False

    def refresh(self) -> None:
        """Fetch the changes of other processes; while this process holds the lock, there are none."""
        if self._database and not self._held:
            self._database.fetch()

    def commit(self) -> None:
        """Make the changes of this process visible to others.

        Raises:
            RegistryChangedError: another process changed the registry too.
        """
        if self._database:
            self._database.commit()
