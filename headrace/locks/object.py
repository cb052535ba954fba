"""A folder of a store that one process works in at a time: whoever puts the lock there, where none is, holds it.

A store does not notice that a process has ended. The lock of one that has died on this machine is taken; whether one of
another machine lives cannot be seen from here, so its lock stays until a person removes the object.
"""

import logging
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from headrace.errors import StoreError
from headrace.locks.file import LockHeldError, LockHolder, this_process
from headrace.storage import S3Path
from headrace.storage.s3 import objects

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0


class RemoteHolder(LockHolder):
    """The process that holds a lock on a store.

    Attributes:
        machine: the boot of a kernel and the namespace in which the process has its number.
        started: when it was, in the kernel's ticks; numbers are used again.
        token: of this lock alone.
    """

    machine: str
    started: str
    token: str

    @property
    def is_dead(self) -> bool:
        """Whether it is known to have ended."""
        return self.machine == _machine() and self.started != _started(self.pid)


@contextmanager
def lock_object(path: S3Path, work: str, *, seconds: float = 0) -> Iterator[None]:
    """Hold the lock that is the object `path`.

    Args:
        work: what this process is about to do, for others to read.
        seconds: at most, that it waits for another process to let go; a store tells nobody, so it is asked.

    Raises:
        LockHeldError: another process holds it, or has died on another machine.
        StoreError: the store refuses, does not answer, or knows no conditional puts.
    """
    mine = RemoteHolder(
        **this_process(work).model_dump(),
        machine=_machine(),
        started=_started(os.getpid()) or "",
        token=uuid.uuid4().hex,
    )
    data = mine.model_dump_json(indent=2).encode()
    _wait_and_take(path, data, time.monotonic() + seconds)
    try:
        yield
    finally:
        _let_go(path, data)


def _wait_and_take(path: S3Path, mine: bytes, until: float) -> None:
    told = False
    while True:
        try:
            return _take(path, mine)
        except LockHeldError as error:
            if time.monotonic() >= until:
                raise
            if not told:
                log.info("Waiting for %s. %s", error.holder, error.mend)
            told = True
        time.sleep(POLL_SECONDS)


def _take(path: S3Path, mine: bytes) -> None:
    before, tag = _content(path)
    holder = _holder(before)
    if before is not None and not (holder and holder.is_dead):
        raise _held(path, holder)
    if holder:
        log.warning("The lock %s was left by %s, which has ended without letting go.", path, holder)
    if objects.replace(path.bucket, path.key, mine, tag):
        return
    # Another was faster, or the answer to a put that went well was lost.
    now, _ = _content(path)
    if now != mine:
        raise _held(path, _holder(now))


def _held(path: S3Path, holder: LockHolder | None) -> LockHeldError:
    return LockHeldError(path, holder, f"If it has ended, remove {path}: a store does not notice.")


def _let_go(path: S3Path, mine: bytes) -> None:
    try:
        now, _ = _content(path)
        if now == mine:
            path.unlink()
    except StoreError as error:
        # What the work has come to is more important.
        log.warning("The lock %s stays, though nobody holds it any longer. %s", path, error)


def _content(path: S3Path) -> tuple[bytes | None, str | None]:
    """What is there, and its tag."""
    try:
        return objects.get_with_tag(path.bucket, path.key)
    except FileNotFoundError:
        return None, None


def _holder(content: bytes | None) -> RemoteHolder | None:
    try:
        return RemoteHolder.model_validate_json(content or b"")
    except ValidationError:
        return None


def _machine() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot} {Path('/proc/self/ns/pid').readlink()}"


def _started(process: int) -> str | None:
    """None where there is no such process, or only what its parent has not looked at."""
    try:
        # After the name, which may hold anything; see proc(5).
        state, *others = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state in "ZX" else others[18]
