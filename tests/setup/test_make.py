"""The Makefile's targets and `.ci/run`, which calls them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.setup.machine import ROOT, Machine

TARGETS = [
    "help",
    "setup",
    "demo",
    "test",
    "test-all",
    "test-unit",
    "test-engines",
    "lock-engines",
    "check",
    "docs",
    "bench",
    "local-cluster",
    "cluster-test",
    "cloud-test",
    "airflow",
    "format",
    "clean",
]


def make(*arguments: str) -> str:
    """Return what `make` in the repository prints, also if the tests themselves run under `make`."""
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    done = subprocess.run(["make", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def test_make_lists_every_target_with_its_purpose() -> None:
    lines = [line.split(maxsplit=2) for line in make().splitlines()]
    assert [target for _, target, _ in lines] == TARGETS
    assert all(meaning for _, _, meaning in lines)


def test_make_puts_environment_first_on_path() -> None:
    """Spark's executors start the first `python3` on PATH."""
    assert make("--eval=path: ; @echo $$PATH", "path").startswith(f"{ROOT}/.venv/bin:")


def test_make_lets_processes_write_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Container images often forbid it; each process of a test would then compile Headrace again."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert make("--eval=bytecode: ; @echo [$$PYTHONDONTWRITEBYTECODE]", "bytecode").strip() == "[]"


def test_only_make_test_installs_browser() -> None:
    for target in ("demo", "test", "check", "docs", "bench", "format"):
        first = make("--dry-run", target).splitlines()[0]
        assert first == (".ci/setup --browser" if target == "test" else ".ci/setup")


def test_make_clean_keeps_data_and_runs(machine: Machine) -> None:
    for name in ("rm", "find"):
        (machine.programs / name).unlink(missing_ok=True)
        (machine.programs / name).symlink_to(str(shutil.which(name)))
    shutil.copy(ROOT / "Makefile", machine.checkout)
    for name in ("runs", "data", ".tools", "headrace/__pycache__", ".mypy_cache"):
        (machine.checkout / name).mkdir(parents=True)
    assert machine.run("make", "clean").returncode == 0
    left = {str(path.relative_to(machine.checkout)) for path in machine.checkout.rglob("*") if path.is_dir()}
    assert left == {".ci", "runs", "data", "headrace"}


def test_ci_run_checks_then_tests(machine: Machine) -> None:
    machine.place("make", "exit 0")
    assert machine.run(".ci/run").returncode == 0
    assert machine.called("make") == [
        "make check",
        "make docs",
        "make test",
        "make test-engines",
    ]


def test_ci_run_stops_at_first_failure(machine: Machine) -> None:
    machine.place("make", "exit 2")
    assert machine.run(".ci/run").returncode == 2
    assert machine.called("make") == ["make check"]


def test_ci_scripts_are_executable() -> None:
    assert all(
        Path(ROOT / ".ci" / name).stat().st_mode & 0o111 == 0o111
        for name in ("setup", "run", "docs", "engines", "lock_engines")
    )
