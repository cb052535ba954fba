"""Checks of Horovod and TensorFlow in a separate process, which may crash."""

import subprocess
import sys

import pytest

from headrace.check import horovod_and_gpus
from headrace.check.horovod_and_gpus import HorovodInfo, query_horovod, rank_rows
from headrace.engines.supported_versions import Engine

pytestmark = [pytest.mark.horovod, pytest.mark.tensorflow]


def test_horovod_of_this_environment_has_gloo() -> None:
    horovod = query_horovod()
    assert horovod.error == ""
    assert "Gloo" in horovod.built


@pytest.mark.parametrize(
    ("program", "error"),
    [
        ("import os; os.abort()", "killed by signal 6"),
        (
            "raise ImportError('libtensorflow_cc.so.2: undefined symbol')",
            "ImportError: libtensorflow_cc.so.2: undefined",
        ),
        ("raise SystemExit(7)", "exit code 7"),
    ],
)
def test_broken_horovod_build_is_reported(monkeypatch: pytest.MonkeyPatch, program: str, error: str) -> None:
    monkeypatch.setattr(horovod_and_gpus, "HOROVOD_PROGRAM", program)
    horovod = query_horovod()
    assert horovod.built == ()
    assert horovod.error.startswith(error)


def test_hanging_horovod_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(horovod_and_gpus, "HOROVOD_PROGRAM", "import time; time.sleep(60)")
    monkeypatch.setattr(horovod_and_gpus, "TIMEOUT_SECONDS", 0.5)
    assert query_horovod().error == "no response within 0.5 s"


def test_horovod_without_gloo_is_not_ok() -> None:
    build, _ = rank_rows(HorovodInfo(built=("MPI",)))
    assert (build.found, build.ok) == ("MPI", False)
    assert "make setup" in build.fix


def test_horovod_row_shows_the_error_with_the_fix() -> None:
    build, gpus = rank_rows(HorovodInfo(error="ImportError: oh"))
    assert (build.found, build.ok) == ("none", False)
    assert build.fix.endswith("(ImportError: oh)")
    assert (gpus.found, gpus.ok) == ("unknown", True)


def test_missing_tensorflow_is_not_blamed_on_horovod(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "is_installed", False)
    build, _ = rank_rows(HorovodInfo(error="ModuleNotFoundError: No module named 'tensorflow'"))
    assert (build.found, build.ok, build.fix) == ("not checked", False, "install TensorFlow and Keras first")


def test_gpus_are_listed_but_not_required() -> None:
    _, gpus = rank_rows(HorovodInfo(built=("Gloo",), gpus=("NVIDIA H100", "NVIDIA H100")))
    assert (gpus.found, gpus.ok) == ("NVIDIA H100, NVIDIA H100", True)


def test_import_of_check_loads_no_engine() -> None:
    program = (
        "import sys; from headrace.check import check; print({'tensorflow', 'horovod', 'pyspark'} & set(sys.modules))"
    )
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "set()"
