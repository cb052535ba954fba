"""A Python that Spark's workers cannot use is refused before Spark starts, with the setting that names it."""

import os
import sys
from pathlib import Path

import pytest

from headrace.errors import ConfigurationError
from headrace.spark.configured_worker_python_check import require_worker_python


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYSPARK_PYTHON", raising=False)


def program(path: Path, text: str) -> str:
    """Write an executable script and return its path."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_worker_python_of_the_driver_passes(tmp_path: Path) -> None:
    require_worker_python(None)
    require_worker_python(sys.executable)
    require_worker_python(program(tmp_path / "python", f'exec {sys.executable} "$@"'))


def test_worker_python_that_is_none_is_refused(tmp_path: Path) -> None:
    minor = "{}.{}".format(*sys.version_info[:2])
    (tmp_path / "text").touch()
    refusals = {
        str(tmp_path / "none"): "which does not exist",
        str(tmp_path / "text"): "which is not executable",
        program(tmp_path / "true", "exit 0"): "which is not a Python",
        program(tmp_path / "other", "echo 3.9"): f"a Python 3.9, but the driver runs Python {minor}",
        program(
            tmp_path / "bare", f"echo {minor}; echo no headrace >&2; exit 1"
        ): "cannot import headrace .no headrace",
    }
    for python, reason in refusals.items():
        with pytest.raises(ConfigurationError, match=rf"The setting spark\.pyspark\.python is {python}, .*{reason}"):
            require_worker_python(python)


def test_worker_python_of_the_environment_wins_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSPARK_PYTHON", os.devnull)
    with pytest.raises(ConfigurationError, match="The environment variable PYSPARK_PYTHON is /dev/null"):
        require_worker_python(sys.executable)
