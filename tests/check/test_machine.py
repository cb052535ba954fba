"""Java, bytecode, the compiler and the disk, as they are and as they might be."""

import importlib
import sys
import zipfile
from pathlib import Path

import pytest

from headrace.check import machine
from headrace.spark.java import java_range


def test_this_machine_lacks_nothing() -> None:
    rows = [machine.java_row(), machine.bytecode_row(), machine.compiler_row(False), machine.disk_row(Path.cwd())]
    assert [row for row in rows if not row.ok] == []


def test_java_is_shown_with_its_version_and_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "java"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'openjdk version \"1.7.0_80\" 2021-10-19' >&2\n")
    program.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    row = machine.java_row()
    assert (row.found, row.needed, row.ok) == (f"1.7.0_80 ({program})", str(java_range()), False)
    assert "openjdk-17-jre-headless" in row.fix


def test_no_java_is_a_row_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    row = machine.java_row()
    assert (row.found, row.ok) == ("none", False)
    assert "no `java` on PATH" in row.fix


def test_a_package_without_bytecode_is_named_and_its_folder_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("slow", "quick"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(machine, "COMPILED", ("slow", "quick"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    importlib.import_module("quick")
    row = machine.bytecode_row()
    assert (row.found, row.ok, row.fix) == ("not of slow", False, f"python -m compileall -q -j 0 {tmp_path}")
    importlib.import_module("slow")
    assert machine.bytecode_row().ok


def test_a_package_in_an_archive_needs_no_bytecode(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "packages.zip", "w") as archive:
        archive.writestr("archived_package/__init__.py", "")
    monkeypatch.syspath_prepend(str(tmp_path / "packages.zip"))
    monkeypatch.setattr(machine, "COMPILED", ("archived_package",))
    assert machine.bytecode_row().ok


def test_a_package_that_is_missing_has_no_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "COMPILED", ("no_such_package_here",))
    assert machine.bytecode_row().found == "not of no_such_package_here"


@pytest.mark.parametrize(("horovod_works", "ok"), [(True, True), (False, False)])
def test_a_compiler_is_needed_until_horovod_works(
    monkeypatch: pytest.MonkeyPatch, horovod_works: bool, ok: bool
) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    row = machine.compiler_row(horovod_works)
    assert (row.found, row.ok, bool(row.fix)) == ("none", ok, not ok)


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "FREE_GIGABYTES", 1e9)
    row = machine.disk_row(tmp_path)
    assert not row.ok
    assert str(tmp_path) in row.fix
