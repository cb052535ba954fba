"""A refused file is reported in one sentence with its path, and nothing half written stays."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from headrace.spark.task_errors import parse_task_error
from headrace.storage.atomic_files_and_folders import atomic_directory, atomic_write
from headrace.storage.disk_errors import describe, describe_text
from tests.support.commands import headrace, run
from tests.support.small_disk import read_only, small_disk

FULL = "No space left on device; free disk space and run the command again."
TASK = """org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "/venv/headrace/predict/output.py", line 123, in _write
    atomic_write(path, memoryview(sink.getvalue()))
OSError: [Errno 28] No space left on device: '/data/.out.0123456789ab/part-000000.parquet'

\tat org.apache.spark.api.python.BasePythonRunner$ReaderIterator.handlePythonException(PythonRunner.scala:1)
"""


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, "x", "/data/.out.0123456789ab/part"), f"/data/out/part: {FULL}"),
        (OSError(errno.ENOSPC, "x", b"/data/.out.0123456789ab"), f"/data/out: {FULL}"),
        (OSError(errno.ENOSPC, "x"), FULL),
        (RuntimeError("Can't write to '/data/a.h5': No space left on device; detail"), f"/data/a.h5: {FULL}"),
        (OSError("Generic error: path '/t/_delta_log' os error 28: No space left on device"), f"/t/_delta_log: {FULL}"),
        (FileNotFoundError(errno.ENOENT, "x", "/gone"), "/gone: No such file or directory."),
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), None),
        (ValueError("a bug"), None),
    ],
)
def test_error_is_described_by_path_reason_and_fix(error: Exception, sentence: str | None) -> None:
    assert describe(error) == sentence


def test_error_is_described_by_its_cause() -> None:
    error = RuntimeError("cannot save")
    error.__cause__ = PermissionError(errno.EACCES, "x", "/secret")
    assert str(describe(error)).startswith("/secret: Permission denied; fix the permissions")


def test_error_of_a_task_is_described_in_one_sentence() -> None:
    error = parse_task_error(TASK)
    assert (type(error).__name__, str(error)) == ("DiskError", f"/data/out/part-000000.parquet: {FULL}")
    java = "java.io.IOException: No space left on device\n\tat java.base/java.io.FileOutputStream.writeBytes"
    assert str(parse_task_error(java)) == FULL
    assert describe_text("ZeroDivisionError: division by zero") is None


def test_full_disk_keeps_the_earlier_output(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "64k") as disk:
        atomic_write(disk / "file", b"old")
        (disk / "folder").mkdir()
        (disk / "folder" / "old").touch()
        with pytest.raises(OSError, match="No space left") as caught:
            atomic_write(disk / "file", b"x" * 100_000)
        assert describe(caught.value) == f"{disk}/file: {FULL}"
        with pytest.raises(OSError, match="No space left") as caught, atomic_directory(disk / "folder") as folder:
            (folder / "part").write_bytes(b"x" * 100_000)
        assert describe(caught.value) == f"{disk}/folder: {FULL}"
        left = sorted(str(path.relative_to(disk)) for path in disk.rglob("*"))
        assert left == ["file", "folder", "folder/old"]
        assert (disk / "file").read_bytes() == b"old"


def test_command_on_a_read_only_file_system_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    with read_only(tmp_path / "disk"):
        result = headrace("init", "disk/project", cwd=tmp_path, code=1)
    assert result.stderr.splitlines() == [
        "headrace: disk/project: Read-only file system; mount the file system writable, or name another path "
        "and run the command again."
    ]


def test_full_standard_output_is_one_line(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "headrace", "config", "--schema"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stderr) == (1, f"headrace: standard output: {FULL}\n")


def test_bug_keeps_its_traceback(tmp_path: Path) -> None:
    code = "from headrace.cli import app, main\n@app.command()\ndef work() -> None:\n    1 / 0\nmain(['work'])"
    assert "Traceback" in run([sys.executable, "-c", code], cwd=tmp_path, code=1).stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_file_without_permission_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "conf.yaml").touch(mode=0)
    assert "Permission denied" in headrace("config", "conf.yaml", cwd=tmp_path, code=1).last_error_line
