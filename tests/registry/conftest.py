"""Fixtures: a real registry in SQLite, and finished runs with bundles of small networks to register."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from headrace.registry.registry_connection import RegistryConnection
from headrace.registry.tracking.training_run_tracking import track
from headrace.registry.version_registration_and_lookup import register
from tests.registry.finished_run import write_run
from tests.support.runs import Runs


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return MLflow's SQLite database without a row: creating one takes seconds, copying it is instant."""
    folder = tmp_path_factory.mktemp("mlflow")
    file = folder / "mlflow.db"
    RegistryConnection(folder, "none", f"sqlite:///{file}").client.search_experiments()
    return file


@pytest.fixture
def registry(empty_database: Path, tmp_path: Path) -> RegistryConnection:
    """Return an empty registry for one test."""
    folder = tmp_path / "registry"
    folder.mkdir()
    shutil.copy(empty_database, folder / "mlflow.db")
    return RegistryConnection(folder, "clothes", f"sqlite:///{folder / 'mlflow.db'}")


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Return three finished runs whose bundles have different weights; tests must not change them."""
    folder = tmp_path_factory.mktemp("runs")
    return {number: write_run(folder / f"{number:06d}" / "run", seed=number) for number in (1, 2, 3)}


@pytest.fixture
def register_run(registry: RegistryConnection, runs: Runs) -> Callable[[int], int]:
    """Return a function that tracks one of the runs and registers its bundle as a version."""

    def track_and_register(number: int) -> int:
        return register(registry, track(registry, runs[number]), runs[number] / "bundle", f"cycle {number}")

    return track_and_register
