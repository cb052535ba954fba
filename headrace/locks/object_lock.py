"""Lock a directory of a store through an object: the process whose conditional put creates the object holds the lock.

A store cannot detect that a process has ended. A lock whose holder died on this machine is taken over. Whether a
process on another machine is alive cannot be seen from here, so its lock stays until a person removes the object.
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
from headrace.locks.file_lock import LockHeldError, LockHolder, this_process
from headrace.storage import ObjectPath
from headrace.storage.object_stores import objects

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0


class RemoteHolder(LockHolder):
    """The process that holds a lock on a store.

    Attributes:
        machine: boot ID of the kernel and the PID namespace of the process.
        started: start time of the process in kernel clock ticks, because PIDs are reused.
        token: unique for each acquisition of the lock.
    """

    machine: str
    started: str
    token: str

    @property
    def is_dead(self) -> bool:
        """Return whether the process is known to have ended."""
        return self.machine == _machine() and self.started != _started(self.pid)


@contextmanager
def lock_object(path: ObjectPath, work: str, *, seconds: float = 0) -> Iterator[None]:
    """Hold the lock that is the object `path`.

    Args:
        work: what this process is about to do, shown to other processes.
        seconds: maximum time to wait for another process to release the lock; the store is polled.

    Raises:
        LockHeldError: another process holds it, or died on another machine without releasing it.
        StoreError: the store denies access, does not respond, or does not support conditional puts.
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
        _release(path, data)


def object_holder(path: ObjectPath) -> LockHolder | None:
    """Return the holder of the lock that is the object `path`; None if there is none or it is known to have ended.

    Raises:
        StoreError: the store denies access or does not respond.
    """
    holder = _holder(_content(path)[0])
    return None if holder is None or holder.is_dead else holder


def _wait_and_take(path: ObjectPath, mine: bytes, until: float) -> None:
    is_logged = False
    while True:
        try:
            return _take(path, mine)
        except LockHeldError as error:
            if time.monotonic() >= until:
                raise
            if not is_logged:
                log.info("Waiting for %s. %s", error.holder, error.fix)
            is_logged = True
        time.sleep(POLL_SECONDS)


def _take(path: ObjectPath, mine: bytes) -> None:
    before, tag = _content(path)
    holder = _holder(before)
    if before is not None and not (holder and holder.is_dead):
        raise _held(path, holder)
    if holder:
        log.warning("The lock %s was left by %s, which exited without releasing it.", path, holder)
    if objects.replace(path.bucket, path.key, mine, tag):
        return
    # Another process was faster, or the response to a successful put was lost.
    now, _ = _content(path)
    if now != mine:
        raise _held(path, _holder(now))


def _held(path: ObjectPath, holder: LockHolder | None) -> LockHeldError:
    return LockHeldError(path, holder, f"If that process has ended, remove {path}: a store cannot detect it.")


def _release(path: ObjectPath, mine: bytes) -> None:
    try:
        now, _ = _content(path)
        if now == mine:
            path.unlink()
    except StoreError as error:
        # The outcome of the work matters more than this failure.
        log.warning("The lock %s could not be removed, though no process holds it. %s", path, error)


def _content(path: ObjectPath) -> tuple[bytes | None, str | None]:
    """Return the content of the object and its tag, or None for both where there is no object."""
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
    """Return the start time of `process`; None where it does not exist or is a zombie."""
    try:
        # Split after the process name, which may contain any character; see proc(5).
        state, *others = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state in "ZX" else others[18]
