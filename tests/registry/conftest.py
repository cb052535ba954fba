"""A real registry in SQLite, and bundles of small networks to put into it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from headrace.registry.store import Registry
from headrace.registry.tracking.training import track
from headrace.registry.versions import register
from tests.registry.finished_run import write_run
from tests.support.runs import Runs


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's SQLite without a row; making one takes seconds, copying it none."""
    made = Registry(tmp_path_factory.mktemp("mlflow"), "none", "")
    file = made.folder / "mlflow.db"
    Registry(made.folder, "none", f"sqlite:///{file}").client.search_experiments()
    return file


@pytest.fixture
def registry(empty_database: Path, tmp_path: Path) -> Registry:
    """A registry of the test's own."""
    folder = tmp_path / "registry"
    folder.mkdir()
    shutil.copy(empty_database, folder / "mlflow.db")
    return Registry(folder, "clothes", f"sqlite:///{folder / 'mlflow.db'}")


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Three finished runs whose bundles have different weights; do not change them."""
    folder = tmp_path_factory.mktemp("runs")
    return {number: write_run(folder / f"{number:06d}" / "run", seed=number) for number in (1, 2, 3)}


@pytest.fixture
def enter(registry: Registry, runs: Runs) -> Callable[[int], int]:
    """Track one of the runs and make its bundle a version."""

    def entered(number: int) -> int:
        return register(registry, track(registry, runs[number]), runs[number] / "bundle", f"cycle {number}")

    return entered
