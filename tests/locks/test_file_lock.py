"""The file lock: one holder at a time, named to the others, and released when its process dies."""

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from headrace.errors import HeadraceError
from headrace.locks.file_lock import LockHeldError, file_holder, lock_file
from tests.support.lock_holder import held


def test_file_lock_names_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "folder" / ".lock"
    with held(path) as other, pytest.raises(LockHeldError) as raised, lock_file(path, "work", wait=False):
        pass
    assert f"process {other.pid} on " in raised.value.holder
    assert "(hold it)" in raised.value.holder


def test_file_lock_is_empty_after_release(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    for _ in range(2):
        with lock_file(path, "work", wait=False) as dead:
            assert dead is None
    assert path.read_text() == ""


def test_file_lock_takes_over_from_killed_process(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / ".lock"
    with held(path) as other:
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        with lock_file(path, "work", wait=False) as dead:
            assert dead is not None
            assert dead.pid == other.pid
    assert "exited without releasing it" in caplog.text


def test_file_lock_waits_for_release(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    got = threading.Event()

    def wait() -> None:
        with lock_file(path, "wait", wait=True):
            got.set()

    with held(path) as other:
        waiting = threading.Thread(target=wait)
        waiting.start()
        assert not got.wait(0.3)
        assert other.stdin
        other.stdin.write("\n")
        other.stdin.flush()
        waiting.join(20)
    assert got.is_set()


def test_holder_is_known_only_while_it_lives(tmp_path: Path) -> None:
    """A later process with the same PID does not hold the lock."""
    path = tmp_path / ".lock"
    assert file_holder(path) is None
    with held(path) as other:
        holder = file_holder(path)
        assert holder is not None
        assert holder.pid == other.pid
        path.write_text(holder.model_copy(update={"since": "2026-01-01T00:00:00+00:00"}).model_dump_json())
        assert file_holder(path) is None
        path.write_text(holder.model_dump_json())
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
    assert file_holder(path) is None
    path.write_text(holder.model_copy(update={"host": "another"}).model_dump_json())
    assert file_holder(path) is not None


@pytest.mark.parametrize("text", ["{", "[]", '{"pid": "x"}'])
def test_file_lock_ignores_invalid_holder_record(tmp_path: Path, text: str) -> None:
    path = tmp_path / ".lock"
    path.write_text(text)
    with lock_file(path, "work", wait=False) as dead:
        assert dead is None


def test_lock_in_unwritable_folder_is_reported_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = pytest.raises(HeadraceError, match=r"file/folder/.lock cannot be written \(Not a directory\)")
    with refused, lock_file(tmp_path / "file" / "folder" / ".lock", "test", wait=False):
        pass


def fail_within(path: Path, work: Callable[[], object] = lambda: None) -> None:
    """Hold the lock, work and fail."""
    with suppress(ZeroDivisionError), lock_file(path, "work", wait=False):
        work()
        raise ZeroDivisionError


def test_file_lock_of_failed_block_is_removed_unless_something_else_was_created(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / ".lock"
    fail_within(path)
    assert list(tmp_path.iterdir()) == []
    fail_within(path, lambda: (path.parent / "result").touch())
    assert path.exists()


def test_file_lock_that_its_holder_removes_is_taken_anew(tmp_path: Path) -> None:
    """A waiting process has opened the removed file, whose lock keeps nobody out."""
    path = tmp_path / ".lock"
    got = threading.Event()

    def wait() -> None:
        with lock_file(path, "wait", wait=True):
            if path.exists():
                got.set()

    waiter = threading.Thread(target=wait)

    def work() -> None:
        waiter.start()
        assert not got.wait(0.3)

    fail_within(path, work)
    waiter.join(20)
    assert got.is_set()
