"""On a store too one process works in a folder at a time, and the next learns how to go on after one that has died."""

import json
import os
import signal
from typing import Any

import pytest

from headrace.errors import StoreError, TrainingError
from headrace.locks.file import LockHeldError
from headrace.locks.object import lock_object
from headrace.runs.folder import RunFolder
from headrace.storage import S3Path, locate
from tests.support.lock_holder import held
from tests.support.s3_server import Fault, denied, front


@pytest.fixture
def lock(bucket: str) -> S3Path:
    path = locate(f"s3://{bucket}/run/lock.json")
    assert isinstance(path, S3Path)
    return path


def take(path: S3Path) -> None:
    with lock_object(path, "work"):
        pass


def edit(path: S3Path, **changes: Any) -> None:
    path.write_bytes(json.dumps(json.loads(path.read_bytes()) | changes).encode())


def test_the_second_one_learns_who_holds_the_run_and_what_to_do_if_it_has_ended(lock: S3Path) -> None:
    with held(lock) as other, pytest.raises(TrainingError) as raised, RunFolder(lock.parent).locked():
        pass
    assert f"is being trained by process {other.pid} on " in str(raised.value)
    assert f"If it has ended, remove {lock}" in str(raised.value)


def test_a_lock_that_was_let_go_of_leaves_no_trace(lock: S3Path) -> None:
    for _ in range(2):
        take(lock)
    assert not lock.exists()


def test_the_lock_of_a_killed_process_of_this_machine_is_taken_and_noticed(
    lock: S3Path, caplog: pytest.LogCaptureFixture
) -> None:
    with held(lock) as other:
        os.kill(other.pid, signal.SIGKILL)
        # Nobody has asked how it ended: there is something of its number all the same.
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        take(lock)
    assert f"was left by process {other.pid} on " in caplog.text


def test_another_process_of_the_same_number_is_not_the_holder(lock: S3Path) -> None:
    with held(lock) as other:
        edit(lock, pid=os.getpid())
        take(lock)
        assert other.poll() is None


def test_the_lock_of_another_machine_stays_whatever_processes_there_are_here(lock: S3Path) -> None:
    with held(lock) as other:
        other.kill()
        other.wait()
        edit(lock, machine="another one")
        before = lock.read_bytes()
        with pytest.raises(LockHeldError):
            take(lock)
    assert lock.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"{", b'{"pid": 1}'])
def test_a_lock_that_cannot_be_read_is_somebodys(lock: S3Path, content: bytes) -> None:
    lock.write_bytes(content)
    with pytest.raises(LockHeldError):
        take(lock)


def test_an_answer_that_was_lost_on_its_way_is_no_other_holder(
    s3: str, lock: S3Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with front(s3, Fault(503, "SlowDown", "PUT", times=1, late=True)) as url, monkeypatch.context() as at:
        at.setenv("AWS_ENDPOINT_URL", url)
        take(lock)
    assert not lock.exists()


def test_work_that_failed_is_told_though_the_store_keeps_the_lock(
    s3: str, lock: S3Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def work() -> None:
        with lock_object(lock, "work"):
            raise ValueError("the work")

    with front(s3, denied("DELETE"), denied("POST")) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(ValueError, match="the work"):
            work()
    assert "stays, though nobody holds it any longer" in caplog.text


def test_a_bucket_that_is_not_there_and_a_store_that_refuses_are_sentences(
    s3: str, lock: S3Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = locate("s3://no-such-bucket/run/lock.json")
    assert isinstance(missing, S3Path)
    with pytest.raises(StoreError, match="There is no bucket 'no-such-bucket'"):
        take(missing)
    with front(s3, denied("PUT")) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(StoreError, match=f"refuses access to {lock}"):
            take(lock)
