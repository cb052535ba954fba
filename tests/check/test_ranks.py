"""Horovod and TensorFlow are asked in a process of their own, whose end is survived."""

import subprocess
import sys

import pytest

from headrace.check import ranks
from headrace.check.ranks import HorovodInfo, ask_horovod, rank_rows


def test_horovod_here_reduces_with_gloo() -> None:
    answer = ask_horovod()
    assert answer.error == ""
    assert "Gloo" in answer.built


@pytest.mark.parametrize(
    ("question", "error"),
    [
        ("import os; os.abort()", "ended by signal 6"),
        (
            "raise ImportError('libtensorflow_cc.so.2: undefined symbol')",
            "ImportError: libtensorflow_cc.so.2: undefined",
        ),
        ("raise SystemExit(7)", "exit code 7"),
    ],
)
def test_a_broken_build_is_a_reason_and_no_crash(monkeypatch: pytest.MonkeyPatch, question: str, error: str) -> None:
    monkeypatch.setattr(ranks, "HOROVOD_PROGRAM", question)
    answer = ask_horovod()
    assert answer.built == ()
    assert answer.error.startswith(error)


def test_a_build_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranks, "HOROVOD_PROGRAM", "import time; time.sleep(60)")
    monkeypatch.setattr(ranks, "ANSWER_SECONDS", 0.5)
    assert ask_horovod().error == "no response within 0.5 s"


def test_a_build_without_gloo_is_not_enough() -> None:
    build, _ = rank_rows(HorovodInfo(built=("MPI",)))
    assert (build.found, build.ok) == ("MPI", False)
    assert "make setup" in build.fix


def test_the_reason_stands_beside_the_mending() -> None:
    build, gpus = rank_rows(HorovodInfo(error="ImportError: oh"))
    assert (build.found, build.ok) == ("none", False)
    assert build.fix.endswith("(ImportError: oh)")
    assert (gpus.found, gpus.ok) == ("not known", True)


def test_gpus_are_listed_but_nobody_needs_one() -> None:
    _, gpus = rank_rows(HorovodInfo(built=("Gloo",), gpus=("NVIDIA H100", "NVIDIA H100")))
    assert (gpus.found, gpus.ok) == ("NVIDIA H100, NVIDIA H100", True)


def test_asking_imports_neither_here() -> None:
    program = (
        "import sys; from headrace.check import check; print({'tensorflow', 'horovod', 'pyspark'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
