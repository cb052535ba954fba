"""Engines that do not belong together are one sentence, before anything is read or started."""

import json
import os
import shutil
import sys
import sysconfig
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from headrace.engines.compatibility import differences, horovod_fault, installed_versions
from tests.support.commands import headrace, run

SITE = Path(sysconfig.get_paths()["purelib"])


def python_without(folder: Path, *names: str) -> str:
    """A Python that has the packages of this one but for `names`; its packages are links to ours."""
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


def horovod_for(folder: Path, tensorflow: str | None) -> str:
    """A Python whose Horovod records that it was compiled for `tensorflow`."""
    python = python_without(folder, "horovod")
    site = next(folder.glob("lib/*/site-packages"))
    shutil.copytree(SITE / "horovod", site / "horovod")
    (site / "horovod-0.28.1.dist-info").symlink_to(SITE / "horovod-0.28.1.dist-info")
    recorded = {} if tensorflow is None else {"tensorflow": tensorflow}
    (site / "horovod" / "metadata.json").write_text(json.dumps(recorded))
    return python


def refused(python: str, words: Iterable[str], folder: Path) -> str:
    """The only line on standard error of a command that ends with 2."""
    done = run([python, "-m", "headrace", *words], cwd=folder, code=2, PYTHONPATH=os.environ.get("PYTHONPATH", ""))
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert done.stdout == ""
    return lines[0]


def test_engines_here_belong_together() -> None:
    assert horovod_fault() == ""
    assert differences(installed_versions(), installed_versions()) == []


@pytest.mark.parametrize(
    ("missing", "name"),
    [(("horovod",), "Horovod"), (("tensorflow", "tensorflow_cpu"), "TensorFlow"), (("keras",), "Keras")],
)
def test_a_python_without_an_engine_trains_nothing_and_says_so(
    own: Path, tmp_path: Path, missing: tuple[str, ...], name: str
) -> None:
    python = python_without(tmp_path / "environment", *missing)
    began = time.monotonic()
    said = refused(python, ("train", "conf.yaml"), own)
    assert said.startswith(f"headrace: {python} has no {name}, and this needs {name} ")
    assert "`make setup`" in said
    assert not (own / "run").exists()
    assert time.monotonic() - began < 30


def test_a_python_without_tensorflow_cannot_evaluate_either(trained: dict[str, str], tmp_path: Path) -> None:
    python = python_without(tmp_path / "environment", "tensorflow", "tensorflow_cpu")
    said = refused(python, ("evaluate", trained["bundle"], "--table", "table"), Path(trained["run"]).parent)
    assert "has no TensorFlow" in said


def test_a_horovod_for_another_tensorflow_is_refused_by_train(own: Path, tmp_path: Path) -> None:
    said = refused(horovod_for(tmp_path / "environment", "2.17.3"), ("train", "conf.yaml"), own)
    installed = installed_versions()["TensorFlow"]
    assert f"Horovod was compiled for TensorFlow 2.17.3, and TensorFlow {installed} is installed; `make setup`" in said
    assert not (own / "run").exists()


def test_a_horovod_without_tensorflow_is_refused_by_train(own: Path, tmp_path: Path) -> None:
    said = refused(horovod_for(tmp_path / "environment", None), ("train", "conf.yaml"), own)
    assert "Horovod was compiled without TensorFlow" in said


def test_a_horovod_for_another_tensorflow_fails_the_check_in_a_row(tmp_path: Path) -> None:
    python = horovod_for(tmp_path / "environment", "2.17.3")
    done = run([python, "-m", "headrace", "check"], cwd=tmp_path, code=2)
    bad = {row["name"]: row["fix"] for row in done.json["rows"] if not row["ok"]}
    assert list(bad) == ["Horovod's build"]
    assert "compiled for TensorFlow 2.17.3" in bad["Horovod's build"]
    assert "Traceback" not in done.stderr


def test_executors_without_an_engine_end_a_training_with_one_sentence(own: Path, tmp_path: Path) -> None:
    python = python_without(tmp_path / "environment", "horovod")
    setting = f"spark.settings={{spark.pyspark.python: {python}}}"
    said = headrace("train", "conf.yaml", setting, cwd=own, code=2)
    assert "has other versions than the driver: Horovod none instead of 0.28.1; give executors" in said.last_error_line
    assert "Traceback" not in said.stderr
    assert "org.apache" not in said.stderr


def test_a_horovod_that_a_rank_cannot_import_is_one_sentence(own: Path, tmp_path: Path) -> None:
    python = horovod_for(tmp_path / "environment", installed_versions()["TensorFlow"])
    broken = next((tmp_path / "environment").glob("lib/*/site-packages/horovod/tensorflow/__init__.py"))
    broken.write_text("raise ImportError('mpi_lib.so: undefined symbol: _ZN10tensorflow')")
    done = run([python, "-m", "headrace", "train", "conf.yaml"], cwd=own, code=2)
    assert (
        "cannot import what it needs (mpi_lib.so: undefined symbol: _ZN10tensorflow); `headrace check`"
        in done.last_error_line
    )
    assert "Traceback" not in done.stderr


def other_python() -> str:
    """A Python of another minor version, with nothing installed."""
    for minor in {11, 12, 13, 14} - {sys.version_info.minor}:
        built = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python"))
        if found := (str(built[0]) if built else shutil.which(f"python3.{minor}")):
            return found
    pytest.skip("there is no Python of another minor version on PATH or in ~/.pyenv")


def test_executors_of_another_python_end_a_training_with_one_sentence(own: Path, root: Path) -> None:
    setting = f"spark.settings={{spark.pyspark.python: {other_python()}}}"
    said = headrace("train", "conf.yaml", setting, cwd=own, code=2, PYTHONPATH=str(root))
    mine = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert "headrace: Executors run Python 3." in said.last_error_line
    assert (
        f"but the driver runs Python {mine}. Set spark.pyspark.python to a Python {mine} on the executors"
        in said.last_error_line
    )
    assert "Traceback" not in said.stderr
    assert "org.apache" not in said.stderr


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ({"NumPy": "1.24.0"}, ["NumPy 1.24.0 instead of 2.0.0"]),
        ({"Python": "3.12.9"}, []),
        ({"Python": "3.11.9"}, ["Python 3.11.9 instead of 3.12.1"]),
        ({"Keras": "none"}, ["Keras none instead of 3.15.0"]),
    ],
)
def test_other_versions_are_told_and_patches_of_python_are_none(there: dict[str, str], told: list[str]) -> None:
    here = {"Python": "3.12.1", "NumPy": "2.0.0", "Keras": "3.15.0"}
    assert differences(here | there, here) == told
