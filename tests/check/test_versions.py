"""Versions are held against those that work together."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from headrace.check import Row, versions


def rows_with(monkeypatch: pytest.MonkeyPatch, installed: dict[str, str]) -> dict[str, Row]:
    """The rows where only `installed` is there, by name."""

    def version(package: str) -> str:
        if package not in installed:
            raise PackageNotFoundError(package)
        return installed[package]

    monkeypatch.setattr(versions, "version", version)
    return {row.name: row for row in versions.version_rows()}


def test_this_environment_has_what_works_together() -> None:
    assert [row for row in versions.version_rows() if not row.ok] == []


@pytest.mark.parametrize(
    ("name", "package", "found", "ok"),
    [
        ("PySpark", "pyspark", "4.0.9", True),
        ("PySpark", "pyspark", "4.1.0", False),
        ("PyArrow", "pyarrow", "15.0.0", False),
        ("Horovod", "horovod", "0.28.1", True),
        ("Horovod", "horovod", "0.28.10", False),
        ("NumPy", "numpy", "2.0.1", False),
        ("TensorFlow", "tensorflow", "2.18.1", True),
        ("TensorFlow", "tensorflow-cpu", "2.19.0", False),
    ],
)
def test_a_version_is_good_when_its_first_parts_are(
    monkeypatch: pytest.MonkeyPatch, name: str, package: str, found: str, ok: bool
) -> None:
    row = rows_with(monkeypatch, {package: found})[name]
    assert (row.found, row.ok) == (found, ok)


def test_what_is_not_installed_is_none_and_has_a_way_to_mend_it(monkeypatch: pytest.MonkeyPatch) -> None:
    row = rows_with(monkeypatch, {})["PyArrow"]
    assert (row.found, row.ok) == ("none", False)
    assert "pip install 'pyarrow==14.0.*'" in row.mend


def test_another_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.python_version", lambda: "3.12.1")
    row = versions.version_rows()[0]
    assert (row.name, row.found, row.ok) == ("Python", "3.12.1", False)


def test_the_engines_are_those_that_the_project_pins(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    pins = {re.split("[=<>]", line)[0]: line for line in project["dependencies"]}
    for engine in versions.ENGINES:
        assert re.search(rf"[=<>]{re.escape(engine.needed)}(\.|,|$)", pins[engine.packages[0]])
