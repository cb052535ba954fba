"""Incompatible engines are reported in one sentence, before anything is read or started."""

import json
import os
import shutil
import sys
import sysconfig
import time
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from headrace.engines import supported_versions
from headrace.engines.supported_versions import (
    ENGINES,
    Engine,
    differences,
    horovod_fault,
    installed_versions,
    require_engines,
)
from tests.support.commands import headrace, run

pytestmark = [pytest.mark.spark, pytest.mark.horovod, pytest.mark.tensorflow]

SITE = Path(sysconfig.get_paths()["purelib"])


def python_without(folder: Path, *names: str) -> str:
    """Create a Python environment with links to this one's packages, except `names`."""
    minor = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = folder / "lib" / minor / "site-packages"
    site.mkdir(parents=True)
    for entry in SITE.iterdir():
        if not any(entry.name == name or entry.name.startswith(f"{name}-") for name in names):
            (site / entry.name).symlink_to(entry)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(Path(sys.executable).resolve())
    home = Path(sys.base_prefix) / "bin"
    (folder / "pyvenv.cfg").write_text(f"home = {home}\ninclude-system-site-packages = false\n")
    return str(folder / "bin" / "python")


def python_with_horovod_for(folder: Path, tensorflow: str | None) -> str:
    """Create a Python environment whose Horovod records that it was compiled for `tensorflow`."""
    python = python_without(folder, "horovod")
    site = next(folder.glob("lib/*/site-packages"))
    shutil.copytree(SITE / "horovod", site / "horovod")
    (site / "horovod-0.28.1.dist-info").symlink_to(SITE / "horovod-0.28.1.dist-info")
    recorded = {} if tensorflow is None else {"tensorflow": tensorflow}
    (site / "horovod" / "metadata.json").write_text(json.dumps(recorded))
    return python


def refusal(python: str, arguments: Iterable[str], folder: Path) -> str:
    """Return the only line on standard error of a command that ends with exit code 2."""
    done = run([python, "-m", "headrace", *arguments], cwd=folder, code=2, PYTHONPATH=os.environ.get("PYTHONPATH", ""))
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert done.stdout == ""
    return lines[0]


def test_installed_engines_are_compatible() -> None:
    assert horovod_fault() == ""
    assert differences(installed_versions(), installed_versions()) == []


def test_engine_outside_its_range_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    installed = installed_versions() | {"Keras": "3.14.0"}
    monkeypatch.setattr(Engine, "installed", property(lambda engine: installed[engine.name]))
    require_engines()
    assert [record.getMessage() for record in caplog.records] == [
        "Keras 3.14.0 is installed, but Headrace supports >=3.15, <3.16 and is not tested with it; continuing anyway"
    ]


def test_ranges_of_a_checkout_without_metadata_are_those_of_its_project(monkeypatch: pytest.MonkeyPatch) -> None:
    ranges = [engine.supported for engine in ENGINES]
    monkeypatch.setattr(supported_versions, "requires", version_of_nothing)
    assert [engine.supported for engine in ENGINES] == ranges


def version_of_nothing(name: str) -> list[str]:
    """Fail as the function of importlib.metadata does for a package that is not installed."""
    raise PackageNotFoundError(name)


@pytest.mark.parametrize(
    ("missing", "name"),
    [(("horovod",), "Horovod"), (("tensorflow", "tensorflow_cpu"), "TensorFlow"), (("keras",), "Keras")],
)
def test_train_refuses_missing_engine(own: Path, tmp_path: Path, missing: tuple[str, ...], name: str) -> None:
    python = python_without(tmp_path / "environment", *missing)
    began = time.monotonic()
    message = refusal(python, ("train", "conf.yaml"), own)
    assert message.startswith(f"headrace: {python} has no {name}; this command needs {name} ")
    assert "`make setup`" in message
    assert not (own / "run").exists()
    assert time.monotonic() - began < 30


def test_evaluate_refuses_missing_tensorflow(trained: dict[str, str], tmp_path: Path) -> None:
    python = python_without(tmp_path / "environment", "tensorflow", "tensorflow_cpu")
    message = refusal(python, ("evaluate", trained["bundle"], "--table", "table"), Path(trained["run"]).parent)
    assert "has no TensorFlow" in message


def test_train_refuses_horovod_for_another_tensorflow(own: Path, tmp_path: Path) -> None:
    message = refusal(python_with_horovod_for(tmp_path / "environment", "2.17.3"), ("train", "conf.yaml"), own)
    installed = installed_versions()["TensorFlow"]
    assert (
        f"Horovod was compiled for TensorFlow 2.17.3, but TensorFlow {installed} is installed; `make setup`" in message
    )
    assert not (own / "run").exists()


def test_train_refuses_horovod_without_tensorflow(own: Path, tmp_path: Path) -> None:
    message = refusal(python_with_horovod_for(tmp_path / "environment", None), ("train", "conf.yaml"), own)
    assert "Horovod was compiled without TensorFlow" in message


def test_check_reports_horovod_for_another_tensorflow(tmp_path: Path) -> None:
    python = python_with_horovod_for(tmp_path / "environment", "2.17.3")
    done = run([python, "-m", "headrace", "check"], cwd=tmp_path, code=2)
    bad = {row["name"]: row["fix"] for row in done.json["rows"] if not row["ok"]}
    assert list(bad) == ["Horovod build"]
    assert "compiled for TensorFlow 2.17.3" in bad["Horovod build"]
    assert "Traceback" not in done.stderr


def test_train_refuses_executors_without_engine(own: Path, tmp_path: Path) -> None:
    python = python_without(tmp_path / "environment", "horovod")
    setting = f"spark.settings={{spark.pyspark.python: {python}}}"
    result = headrace("train", "conf.yaml", setting, cwd=own, code=2)
    assert (
        "has other versions than the driver: Horovod none instead of 0.28.1; give executors" in result.last_error_line
    )
    assert "Traceback" not in result.stderr
    assert "org.apache" not in result.stderr


def test_failed_horovod_import_of_rank_is_reported_in_one_sentence(own: Path, tmp_path: Path) -> None:
    python = python_with_horovod_for(tmp_path / "environment", installed_versions()["TensorFlow"])
    broken = next((tmp_path / "environment").glob("lib/*/site-packages/horovod/tensorflow/__init__.py"))
    broken.write_text("raise ImportError('mpi_lib.so: undefined symbol: _ZN10tensorflow')")
    done = run([python, "-m", "headrace", "train", "conf.yaml"], cwd=own, code=2)
    assert (
        "cannot import a module that it needs (mpi_lib.so: undefined symbol: _ZN10tensorflow); run `headrace check`"
        in done.last_error_line
    )
    assert "Traceback" not in done.stderr


def other_python() -> str:
    """Return a Python of another minor version, with nothing installed."""
    for minor in {11, 12, 13, 14} - {sys.version_info.minor}:
        built = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python"))
        if found := (str(built[0]) if built else shutil.which(f"python3.{minor}")):
            return found
    pytest.skip("there is no Python of another minor version on PATH or in ~/.pyenv")


def test_train_refuses_executors_with_another_python(own: Path, root: Path) -> None:
    setting = f"spark.settings={{spark.pyspark.python: {other_python()}}}"
    result = headrace("train", "conf.yaml", setting, cwd=own, code=2, PYTHONPATH=str(root))
    mine = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert "headrace: The setting spark.pyspark.python is" in result.last_error_line
    assert f"but the driver runs Python {mine}; Spark needs the same minor version. Unset it" in result.last_error_line
    assert "Traceback" not in result.stderr
    assert "org.apache" not in result.stderr


@pytest.mark.parametrize(
    ("executor", "expected"),
    [
        ({"NumPy": "1.24.0"}, ["NumPy 1.24.0 instead of 2.0.0"]),
        ({"Python": "3.12.9"}, []),
        ({"Python": "3.11.9"}, ["Python 3.11.9 instead of 3.12.1"]),
        ({"Keras": "none"}, ["Keras none instead of 3.15.0"]),
    ],
)
def test_differences_reports_versions_but_not_python_patches(executor: dict[str, str], expected: list[str]) -> None:
    driver = {"Python": "3.12.1", "NumPy": "2.0.0", "Keras": "3.15.0"}
    assert differences(driver | executor, driver) == expected
