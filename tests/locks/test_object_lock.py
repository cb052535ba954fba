"""The object lock: one holder at a time on a store, and recovery after a holder that died."""

import json
import os
import signal
from typing import Any

import pytest

from headrace.errors import StoreError, TrainingError
from headrace.locks.file_lock import LockHeldError
from headrace.locks.object_lock import lock_object
from headrace.runs.run_folder import RunFolder
from headrace.storage import ObjectPath, locate
from tests.support.lock_holder import held
from tests.support.s3_server import Fault, denied, proxy


@pytest.fixture
def lock(bucket: str) -> ObjectPath:
    """Return the path of a lock object in a new bucket."""
    path = locate(f"s3://{bucket}/run/lock.json")
    assert isinstance(path, ObjectPath)
    return path


def acquire_and_release(path: ObjectPath) -> None:
    """Acquire the lock and release it."""
    with lock_object(path, "work"):
        pass


def update_record(path: ObjectPath, **changes: Any) -> None:
    """Replace values in the record of the holder."""
    path.write_bytes(json.dumps(json.loads(path.read_bytes()) | changes).encode())


def test_object_lock_names_its_holder_and_the_fix(lock: ObjectPath) -> None:
    with held(lock) as other, pytest.raises(TrainingError) as raised, RunFolder(lock.parent).locked():
        pass
    assert f"is being trained by process {other.pid} on " in str(raised.value)
    assert f"If that process has ended, remove {lock}" in str(raised.value)


def test_object_lock_is_removed_on_release(lock: ObjectPath) -> None:
    for _ in range(2):
        acquire_and_release(lock)
    assert not lock.exists()


def test_object_lock_takes_over_from_process_killed_on_this_machine(
    lock: ObjectPath, caplog: pytest.LogCaptureFixture
) -> None:
    with held(lock) as other:
        os.kill(other.pid, signal.SIGKILL)
        # The process is a zombie: nobody has reaped it, so its pid is still in use.
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        acquire_and_release(lock)
    assert f"was left by process {other.pid} on " in caplog.text


def test_object_lock_detects_reused_pid(lock: ObjectPath) -> None:
    with held(lock) as other:
        update_record(lock, pid=os.getpid())
        acquire_and_release(lock)
        assert other.poll() is None


def test_object_lock_of_another_machine_stays(lock: ObjectPath) -> None:
    with held(lock) as other:
        other.kill()
        other.wait()
        update_record(lock, machine="another one")
        before = lock.read_bytes()
        with pytest.raises(LockHeldError):
            acquire_and_release(lock)
    assert lock.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"{", b'{"pid": 1}'])
def test_object_lock_with_invalid_content_counts_as_held(lock: ObjectPath, content: bytes) -> None:
    lock.write_bytes(content)
    with pytest.raises(LockHeldError):
        acquire_and_release(lock)


def test_object_lock_survives_lost_put_response(s3: str, lock: ObjectPath, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy(s3, Fault(503, "SlowDown", "PUT", times=1, late=True)) as url, monkeypatch.context() as at:
        at.setenv("AWS_ENDPOINT_URL", url)
        acquire_and_release(lock)
    assert not lock.exists()


def test_object_lock_keeps_the_error_of_the_work_when_removal_fails(
    s3: str, lock: ObjectPath, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def work() -> None:
        with lock_object(lock, "work"):
            raise ValueError("the work")

    with proxy(s3, denied("DELETE"), denied("POST")) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(ValueError, match="the work"):
            work()
    assert "could not be removed, though no process holds it" in caplog.text


def test_object_lock_reports_missing_bucket_and_denied_access(
    s3: str, lock: ObjectPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = locate("s3://no-such-bucket/run/lock.json")
    assert isinstance(missing, ObjectPath)
    with pytest.raises(StoreError, match="There is no bucket 'no-such-bucket'"):
        acquire_and_release(missing)
    with proxy(s3, denied("PUT")) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(StoreError, match=f"refuses access to {lock}"):
            acquire_and_release(lock)
