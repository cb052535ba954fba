"""Changes of a registry: by one process at a time, and in a bucket all that belongs together at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headrace.errors import HeadraceError
from headrace.locks.file import LockHeldError
from headrace.locks.folder import lock_folder
from headrace.registry.object_sqlite import ObjectSqlite

# In a bucket, where the lock of a process that has died on another machine stays; a change takes seconds.
PATIENCE_SECONDS = 60


class Transaction:
    """Of the registry in `folder`; without `database`, each change is there when it is made."""

    def __init__(self, folder: Path, database: ObjectSqlite | None) -> None:
        self._folder, self._database = folder, database
        self._held = False

    @contextmanager
    def hold(self, work: str) -> Iterator[None]:
        """Hold the registry for this process: all that the block changes is there when it ends.

        In a bucket, what it changes before `keep`, or its end, nobody else sees, and nobody ever if it fails before.
        A block within such a block is a part of it.

        Args:
            work: what this process is about to do, for others to read.

        Raises:
            HeadraceError: another process does not let go of a registry in a bucket.
            RegistryChangedError: it was changed all the same, because a person has removed the lock.
        """
        if self._held:
            yield
            return
        try:
            with lock_folder(self._folder, work, wait=True, at_most=PATIENCE_SECONDS), self._kept():
                yield
        except LockHeldError as error:
            raise HeadraceError(
                f"The registry {self._folder} is worked on by {error.holder}; run it again later. {error.fix}"
            ) from None

    @contextmanager
    def _kept(self) -> Iterator[None]:
        self.refresh()
        self._held = True
        try:
            yield
            self.keep()
        except BaseException:
            if self._database:
                self._database.rollback()
            raise
        finally:
            self._held = False

    def refresh(self) -> None:
        """See what others have changed; while this process holds the registry they cannot."""
        if self._database and not self._held:
            self._database.fetch()

    def keep(self) -> None:
        """Let others see what this process has changed until now.

        Raises:
            RegistryChangedError: another one has changed it, too.
        """
        if self._database:
            self._database.commit()
