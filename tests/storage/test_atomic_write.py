"""A file appears completely or not at all, whatever happens to its writer."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from headrace.storage.atomic_files_and_folders import atomic_write


@pytest.mark.parametrize("data", [b"", b"new", memoryview(b"new" * 1_000_000)])
def test_atomic_write_creates_file_and_parent_folders(tmp_path: Path, data: bytes | memoryview) -> None:
    atomic_write(tmp_path / "a" / "b" / "file", data)
    assert (tmp_path / "a" / "b" / "file").read_bytes() == data
    assert [entry.name for entry in (tmp_path / "a" / "b").iterdir()] == ["file"]


def test_atomic_write_replaces_existing_file(tmp_path: Path) -> None:
    atomic_write(tmp_path / "file", b"long before")
    atomic_write(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


def test_atomic_write_keeps_existing_file_after_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    atomic_write(tmp_path / "file", b"before")

    def fail(_: int) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="the disk is full"):
        atomic_write(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_atomic_write_syncs_content_before_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = []
    sync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda file: events.append("on disk") or sync(file))
    monkeypatch.setattr(Path, "replace", lambda path, target: events.append("named") or replace(path, target))
    atomic_write(tmp_path / "file", b"new")
    assert events == ["on disk", "named"]


WRITER = """
import sys
from pathlib import Path
from headrace.storage.atomic_files_and_folders import atomic_write
for number in range(10**9):
    atomic_write(Path(sys.argv[1]), bytes([number % 256]) * 200_000)
"""


def test_killed_writer_leaves_complete_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(file)]) as writer:
        until = time.monotonic() + 60
        while not file.exists() and time.monotonic() < until:
            time.sleep(0.01)
        for _ in range(200):
            data = file.read_bytes()
            assert data == data[:1] * 200_000
        writer.send_signal(signal.SIGKILL)
    data = file.read_bytes()
    assert data == data[:1] * 200_000


def test_concurrent_writers_never_mix_contents(tmp_path: Path) -> None:
    file = tmp_path / "file"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(file)]) as writer:
        until = time.monotonic() + 60
        while not file.exists() and time.monotonic() < until:
            time.sleep(0.01)
        for number in range(100):
            atomic_write(file, bytes([number]) * 200_000)
            data = file.read_bytes()
            assert data == data[:1] * 200_000
        writer.kill()
