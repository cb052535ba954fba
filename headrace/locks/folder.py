"""The lock of a folder, wherever it is: a file that the kernel locks, or in a bucket an object."""

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from headrace.errors import TrainingError
from headrace.locks.file import LockHeldError, lock_file
from headrace.locks.object import lock_object
from headrace.storage import S3Path


def lock_folder(folder: Path, work: str, *, wait: bool, at_most: float = math.inf) -> AbstractContextManager[Any]:
    """Hold `folder` for this process, while the block lasts.

    Args:
        work: what this process is about to do, for others to read.
        wait: for another process, instead of raising.
        at_most: seconds, in a bucket, where the lock of a process that has died elsewhere stays.

    Raises:
        LockHeldError: another process holds it.
        StoreError: the store refuses, does not answer, or knows no conditional puts.
    """
    if isinstance(folder, S3Path):
        return lock_object(folder / "lock.json", work, seconds=at_most if wait else 0)
    return lock_file(folder / ".lock", work, wait=wait)


@contextmanager
def lock_for_training(folder: Path, work: str, state: str, key: str) -> Iterator[None]:
    """Hold `folder`, which only one process can work on.

    Args:
        state: what the folder is, and what is done with it, such as "run runs/first is being trained".
        key: of the configuration that names the folder.

    Raises:
        TrainingError: another process holds it.
        StoreError: the store refuses, does not answer, or knows no conditional puts.
    """
    try:
        with lock_folder(folder, work, wait=False):
            yield
    except LockHeldError as error:
        raise TrainingError(
            f"The {state} by {error.holder}; wait for it, or name another {key}. {error.mend}".rstrip()
        ) from None
