"""Versions are compared with the ranges in pyproject.toml."""

import importlib
import re
import sys
import tomllib
import zipfile
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from headrace.check import CheckRow, system_and_version_checks
from headrace.engines import supported_versions
from headrace.spark.java_version import java_range


def rows_with(monkeypatch: pytest.MonkeyPatch, installed: dict[str, str]) -> dict[str, CheckRow]:
    """Return the rows by name for an environment with only the packages `installed`."""

    def version(package: str) -> str:
        if package not in installed:
            raise PackageNotFoundError(package)
        return installed[package]

    monkeypatch.setattr(supported_versions, "version", version)
    monkeypatch.setattr(supported_versions.Engine, "is_installed", False)
    monkeypatch.delitem(supported_versions.sys.modules, "pyspark", raising=False)
    return {row.name: row for row in system_and_version_checks.version_rows()}


def test_versions_of_this_environment_are_supported() -> None:
    assert [row for row in system_and_version_checks.version_rows() if not row.ok] == []


@pytest.mark.parametrize(
    ("name", "package", "found", "ok"),
    [
        ("PySpark", "pyspark", "3.4.4", False),
        ("PySpark", "pyspark", "3.5.0", True),
        ("PySpark", "pyspark", "4.3.9", True),
        ("PySpark", "pyspark", "4.4.0.dev1", False),
        ("PyArrow", "pyarrow", "14.0.1", False),
        ("PyArrow", "pyarrow", "26.0.1", True),
        ("Horovod", "horovod", "0.28.1", True),
        ("Horovod", "horovod", "0.28.10", False),
        ("NumPy", "numpy", "1.26.4", True),
        ("TensorFlow", "tensorflow", "2.18.1", True),
        ("TensorFlow", "tensorflow-cpu", "2.22.0rc1", False),
        ("TensorFlow", "tensorflow-cpu", "2.18.0", False),
    ],
)
def test_version_row_is_ok_inside_the_declared_range(
    monkeypatch: pytest.MonkeyPatch, name: str, package: str, found: str, ok: bool
) -> None:
    row = rows_with(monkeypatch, {package: found})[name]
    assert (row.found, row.ok) == (found, ok)


def test_version_row_of_missing_package_has_a_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    row = rows_with(monkeypatch, {})["PyArrow"]
    assert (row.found, row.needed, row.ok) == ("none", ">=14.0.2, <27", False)
    assert "pip install 'pyarrow>=14.0.2,<27'" in row.fix


@pytest.mark.parametrize(("found", "ok"), [("3.10.14", False), ("3.11.0", True), ("3.13.9", True), ("3.14.0", False)])
def test_python_version_row_has_a_range(monkeypatch: pytest.MonkeyPatch, found: str, ok: bool) -> None:
    monkeypatch.setattr("platform.python_version", lambda: found)
    row = system_and_version_checks.version_rows()[0]
    assert (row.name, row.found, row.needed, row.ok) == ("Python", found, ">=3.11, <3.14", ok)
    assert ("run Headrace with Python >=3.11, <3.14" in row.fix) is not ok


def test_ranges_are_those_of_pyproject(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    ranges = {
        re.split("[=<>]", line)[0]: SpecifierSet(re.sub(r"^[\w-]+", "", line)) for line in project["dependencies"]
    }
    assert {engine.name: engine.supported for engine in supported_versions.ENGINES} == {
        engine.name: ranges[engine.packages[0]] for engine in supported_versions.ENGINES
    }
    assert supported_versions.supported_python() == SpecifierSet(project["requires-python"])


def test_range_of_tensorflow_gpu_wheel_is_read_under_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["tensorflow>=2.18.1,<2.22", "tensorflow>=9; extra == 'other'"]
    monkeypatch.setattr(supported_versions, "requires", lambda _: lines)
    assert str(supported_versions.BY_MODULE["tensorflow"].supported) == "<2.22,>=2.18.1"


def test_headrace_without_metadata_or_checkout_accepts_any_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def missing(package: str) -> None:
        raise PackageNotFoundError(package)

    monkeypatch.setattr(
        supported_versions, "__file__", str(tmp_path / "headrace" / "engines" / "supported_versions.py")
    )
    monkeypatch.setattr(supported_versions, "requires", missing)
    monkeypatch.setattr(supported_versions, "metadata", missing)
    assert [row for row in system_and_version_checks.version_rows() if not row.ok or row.needed] == []


pytestmark = pytest.mark.tensorflow


def test_all_rows_are_ok_on_this_machine() -> None:
    rows = [
        system_and_version_checks.java_row(),
        system_and_version_checks.bytecode_row(),
        system_and_version_checks.compiler_row(False),
        system_and_version_checks.disk_row(Path.cwd()),
    ]
    assert [row for row in rows if not row.ok] == []


def test_java_row_shows_version_and_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "java"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'openjdk version \"1.7.0_80\" 2021-10-19' >&2\n")
    program.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    row = system_and_version_checks.java_row()
    assert (row.found, row.needed, row.ok) == (f"1.7.0_80 ({program})", str(java_range()), False)
    assert "openjdk-17-jre-headless" in row.fix


def test_java_row_reports_missing_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    row = system_and_version_checks.java_row()
    assert (row.found, row.ok) == ("none", False)
    assert "no `java` on PATH" in row.fix


def test_bytecode_row_names_package_without_bytecode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("slow", "quick"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(system_and_version_checks, "COMPILED", ("slow", "quick"))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    importlib.import_module("quick")
    row = system_and_version_checks.bytecode_row()
    assert (row.found, row.ok, row.fix) == ("missing for slow", False, f"python -m compileall -q -j 0 {tmp_path}")
    importlib.import_module("slow")
    assert system_and_version_checks.bytecode_row().ok


def test_bytecode_row_accepts_package_in_an_archive(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "packages.zip", "w") as archive:
        archive.writestr("archived_package/__init__.py", "")
    monkeypatch.syspath_prepend(str(tmp_path / "packages.zip"))
    monkeypatch.setattr(system_and_version_checks, "COMPILED", ("archived_package",))
    assert system_and_version_checks.bytecode_row().ok


def test_bytecode_row_does_not_blame_a_package_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_and_version_checks, "COMPILED", ("no_such_package_here", "keras"))
    assert (system_and_version_checks.bytecode_row().found, system_and_version_checks.bytecode_row().ok) == (
        "present for keras",
        True,
    )
    monkeypatch.setattr(system_and_version_checks, "COMPILED", ("no_such_package_here",))
    assert (system_and_version_checks.bytecode_row().found, system_and_version_checks.bytecode_row().ok) == (
        "nothing to compile",
        True,
    )


@pytest.mark.parametrize(("horovod_works", "ok"), [(True, True), (False, False)])
def test_compiler_row_is_ok_without_compiler_if_horovod_works(
    monkeypatch: pytest.MonkeyPatch, horovod_works: bool, ok: bool
) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    row = system_and_version_checks.compiler_row(horovod_works)
    assert (row.found, row.ok, bool(row.fix)) == ("none", ok, not ok)


def test_disk_row_reports_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_and_version_checks, "FREE_GIGABYTES", 1e9)
    row = system_and_version_checks.disk_row(tmp_path)
    assert not row.ok
    assert str(tmp_path) in row.fix
