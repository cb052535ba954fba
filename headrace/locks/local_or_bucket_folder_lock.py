"""Lock a directory: by a file lock locally, by a lock object in a bucket."""

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from headrace.errors import TrainingError
from headrace.locks.file_lock import LockHeldError, LockHolder, file_holder, lock_file
from headrace.locks.object_lock import lock_object, object_holder
from headrace.storage import ObjectPath


def lock_folder(folder: Path, work: str, *, wait: bool, max_seconds: float = math.inf) -> AbstractContextManager[Any]:
    """Hold the lock of `folder` until the block ends.

    Args:
        work: what this process is about to do, shown to other processes.
        wait: wait for another process, instead of raising.
        max_seconds: maximum seconds to wait in a bucket, where the lock of a process that died elsewhere stays.

    Raises:
        LockHeldError: another process holds it.
        StoreError: the store denies access, does not respond, or does not support conditional puts.
    """
    if isinstance(folder, ObjectPath):
        return lock_object(folder / "lock.json", work, seconds=max_seconds if wait else 0)
    return lock_file(folder / ".lock", work, wait=wait)


def current_holder(folder: Path) -> LockHolder | None:
    """Return the process that holds the lock of `folder`, without touching the lock; None if no process does.

    A process on another machine counts as alive, because its end cannot be seen from here.

    Raises:
        StoreError: the store denies access or does not respond.
    """
    if isinstance(folder, ObjectPath):
        return object_holder(folder / "lock.json")
    return file_holder(folder / ".lock")


@contextmanager
def lock_or_raise_training_error(folder: Path, work: str, state: str, key: str) -> Iterator[None]:
    """Hold the lock of `folder`; report another holder as a training error.

    Args:
        state: the directory and its state, such as "run runs/first is being trained".
        key: configuration key that names the directory.

    Raises:
        TrainingError: another process holds it.
        StoreError: the store denies access, does not respond, or does not support conditional puts.
    """
    try:
        with lock_folder(folder, work, wait=False):
            yield
    except LockHeldError as error:
        raise TrainingError(
            f"The {state} by {error.holder}; wait for it, or set {key} to another directory. {error.fix}".rstrip()
        ) from None
