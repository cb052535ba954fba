"""Checks of Java, bytecode, the compiler and the disk, on this machine and with simulated faults."""

import importlib
import sys
import zipfile
from pathlib import Path

import pytest

from headrace.check import package_bytecode, system_requirements
from headrace.spark.java_version import java_range

pytestmark = pytest.mark.tensorflow


def test_all_rows_are_ok_on_this_machine() -> None:
    rows = [
        system_requirements.java_row(),
        package_bytecode.bytecode_row(),
        system_requirements.compiler_row(False),
        system_requirements.disk_row(Path.cwd()),
    ]
    assert [row for row in rows if not row.ok] == []


def test_java_row_shows_version_and_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "java"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'openjdk version \"1.7.0_80\" 2021-10-19' >&2\n")
    program.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    row = system_requirements.java_row()
    assert (row.found, row.needed, row.ok) == (f"1.7.0_80 ({program})", str(java_range()), False)
    assert "openjdk-17-jre-headless" in row.fix


def test_java_row_reports_missing_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    row = system_requirements.java_row()
    assert (row.found, row.ok) == ("none", False)
    assert "no `java` on PATH" in row.fix


def test_bytecode_row_names_package_without_bytecode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("slow", "quick"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(package_bytecode, "COMPILED", ("slow", "quick"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    importlib.import_module("quick")
    row = package_bytecode.bytecode_row()
    assert (row.found, row.ok, row.fix) == ("missing for slow", False, f"python -m compileall -q -j 0 {tmp_path}")
    importlib.import_module("slow")
    assert package_bytecode.bytecode_row().ok


def test_bytecode_row_accepts_package_in_an_archive(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "packages.zip", "w") as archive:
        archive.writestr("archived_package/__init__.py", "")
    monkeypatch.syspath_prepend(str(tmp_path / "packages.zip"))
    monkeypatch.setattr(package_bytecode, "COMPILED", ("archived_package",))
    assert package_bytecode.bytecode_row().ok


def test_bytecode_row_does_not_blame_a_package_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_bytecode, "COMPILED", ("no_such_package_here", "keras"))
    assert (package_bytecode.bytecode_row().found, package_bytecode.bytecode_row().ok) == (
        "present for keras",
        True,
    )
    monkeypatch.setattr(package_bytecode, "COMPILED", ("no_such_package_here",))
    assert (package_bytecode.bytecode_row().found, package_bytecode.bytecode_row().ok) == (
        "nothing to compile",
        True,
    )


@pytest.mark.parametrize(("horovod_works", "ok"), [(True, True), (False, False)])
def test_compiler_row_is_ok_without_compiler_if_horovod_works(
    monkeypatch: pytest.MonkeyPatch, horovod_works: bool, ok: bool
) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    row = system_requirements.compiler_row(horovod_works)
    assert (row.found, row.ok, bool(row.fix)) == ("none", ok, not ok)


def test_disk_row_reports_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_requirements, "FREE_GIGABYTES", 1e9)
    row = system_requirements.disk_row(tmp_path)
    assert not row.ok
    assert str(tmp_path) in row.fix
