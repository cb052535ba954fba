"""A folder is worked in by one process at a time; the others learn whose it is, and the dead hold nothing."""

import os
import signal
import threading
from pathlib import Path

import pytest

from headrace.locks.file import LockHeldError, lock_file
from tests.support.lock_holder import held


def test_the_second_one_learns_who_holds_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "folder" / ".lock"
    with held(path) as other, pytest.raises(LockHeldError) as raised, lock_file(path, "work", wait=False):
        pass
    assert f"process {other.pid} on " in raised.value.holder
    assert "(hold it)" in raised.value.holder


def test_a_lock_that_was_let_go_of_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    for _ in range(2):
        with lock_file(path, "work", wait=False) as dead:
            assert dead is None
    assert path.read_text() == ""


def test_the_lock_of_a_killed_process_is_taken_and_noticed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / ".lock"
    with held(path) as other:
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        with lock_file(path, "work", wait=False) as dead:
            assert dead is not None
            assert dead.pid == other.pid
    assert "has ended without letting go" in caplog.text


def test_who_waits_gets_the_lock_when_the_other_has_ended(tmp_path: Path) -> None:
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


@pytest.mark.parametrize("text", ["{", "[]", '{"pid": "x"}'])
def test_what_is_no_holder_is_nobody(tmp_path: Path, text: str) -> None:
    path = tmp_path / ".lock"
    path.write_text(text)
    with lock_file(path, "work", wait=False) as dead:
        assert dead is None
