"""Lock a directory by a kernel file lock, and record the process that holds it."""

import fcntl
import json
import logging
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

from pydantic import BaseModel, ConfigDict, ValidationError

from headrace.errors import HeadraceError
from headrace.processes.own_command_line_and_utc_now import utc_now
from headrace.processes.process_tree import process_start

log = logging.getLogger(__name__)

# The start of a process and the time in its lock are rounded, and the clock may have been set in between.
CLOCK_SECONDS = 5.0


class LockHolder(BaseModel):
    """The process that holds a lock."""

    model_config = ConfigDict(frozen=True)

    pid: int
    host: str
    since: str
    work: str

    @property
    def is_dead(self) -> bool:
        """Return whether the process is known to have ended; its PID may belong to a later process."""
        if self.host != platform.node():
            return False
        started = process_start(self.pid)
        return started is None or started > datetime.fromisoformat(self.since).timestamp() + CLOCK_SECONDS

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since} ({self.work})"


class LockHeldError(Exception):
    """Another process holds the lock; callers translate it into their own error.

    Attributes:
        fix: how to remove a stale lock; empty where the kernel releases it.
    """

    def __init__(self, path: Path, holder: LockHolder | None, fix: str = "") -> None:
        self.path = path
        self.fix = fix
        self.holder = str(holder) if holder else "another process, which has just started"
        super().__init__(f"{path} is held by {self.holder}")


def this_process(work: str) -> LockHolder:
    """Return the current process as a lock holder."""
    return LockHolder(pid=os.getpid(), host=platform.node(), since=utc_now(), work=work)


@contextmanager
def lock_file(path: Path, work: str, *, wait: bool) -> Iterator[LockHolder | None]:
    """Hold the lock in the file `path`; yield the holder that died while it held the lock, or None.

    The kernel releases the lock when its process ends for any reason, so a dead process never keeps it. If the block
    fails and has left nothing in the folder, a file and folders that were created for the lock are removed.

    Args:
        work: what this process is about to do, shown to other processes.
        wait: wait until the other process releases the lock, instead of raising.

    Raises:
        LockHeldError: another process holds it.
        HeadraceError: the file cannot be written.
    """
    before = _StateBeforeLock.observe(path)
    with _locked(path, wait=wait) as file:
        dead = _holder(file)
        if dead:
            log.warning("The lock %s was left by %s, which exited without releasing it.", path, dead)
        _write(file, this_process(work).model_dump_json())
        try:
            yield dead
        except BaseException:
            before.restore(path)
            raise
        finally:
            # Only a process that dies leaves its record in the file.
            _write(file, "")


def file_holder(path: Path) -> LockHolder | None:
    """Return the holder of the lock in the file `path`; None if there is none or it has ended.

    Taking the lock to see whether it is free would refuse it to a process that starts in that moment.
    """
    try:
        with path.open(encoding="utf-8") as file:
            holder = _holder(file)
    except OSError:
        return None
    return None if holder is None or holder.is_dead else holder


@dataclass(frozen=True)
class _StateBeforeLock:
    """The state of a folder before a lock was taken.

    Attributes:
        missing: folders above the lock that were missing, the deepest first.
        names: content of the lock's folder.
    """

    missing: tuple[Path, ...]
    names: frozenset[str]

    @classmethod
    def observe(cls, path: Path) -> "_StateBeforeLock":
        missing = tuple(folder for folder in path.parents if not folder.exists())
        return cls(missing, frozenset() if path.parent in missing else _names(path.parent))

    def restore(self, path: Path) -> None:
        """Remove the lock and folders that were created for it, if nothing else was created in its folder."""
        if path.name in self.names or _names(path.parent) != self.names | {path.name}:
            return
        path.unlink(missing_ok=True)
        for folder in self.missing:
            # Another process may use it by now.
            with suppress(OSError):
                folder.rmdir()


def _names(folder: Path) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()


@contextmanager
def _locked(path: Path, *, wait: bool) -> Iterator[TextIO]:
    """Yield the file whose lock this process holds, and which is the one at `path`: a failed holder may remove it."""
    while True:
        with _open(path) as file:
            _take(file, path, wait=wait)
            if _is_at(path, file):
                yield file
                return


def _is_at(path: Path, file: TextIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _open(path: Path) -> TextIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a+", encoding="utf-8")
    except OSError as error:
        raise HeadraceError(
            f"The lock {path} cannot be written ({error.strerror}), and without it nothing in its folder is changed; "
            "make the folder writable, or name another one."
        ) from error


def _take(file: TextIO, path: Path, *, wait: bool) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        error = LockHeldError(path, _holder(file))
        if not wait:
            raise error from None
        log.info("Waiting for %s.", error.holder)
        fcntl.flock(file, fcntl.LOCK_EX)


def _holder(file: TextIO) -> LockHolder | None:
    file.seek(0)
    text = file.read()
    try:
        return LockHolder.model_validate(json.loads(text)) if text else None
    except (ValueError, ValidationError):
        return None


def _write(file: TextIO, text: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()
