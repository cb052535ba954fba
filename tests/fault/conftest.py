"""Fixtures: a real Spark standalone cluster and the result of an undisturbed run."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs.local_cluster import LocalCluster
from tests.support.cluster_settings import spark_setting
from tests.support.commands import headrace
from tests.support.workspace import link_workspace, make_once

# 30 epochs of 10 steps; a checkpoint every 25 steps, so most of them fall within an epoch.
LONG = (
    "train.epochs=30",
    "train.optimizer.options={use_ema: true}",
    "train.checkpoint_every_steps=25",
    "train.run=run",
)


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """Run a standalone Spark cluster."""
    with LocalCluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(scope="package")
def train_arguments(cluster: LocalCluster) -> tuple[str, ...]:
    """Return the arguments of `headrace train` for a run on the cluster."""
    return (*LONG, spark_setting(cluster))


@pytest.fixture(scope="package")
def undisturbed(workspace: Path, train_arguments: tuple[str, ...], shared: Path) -> dict[str, Any]:
    """Return the result of the same run without any fault, trained once for all test processes."""

    def make(folder: Path) -> None:
        link_workspace(workspace, folder)
        trained = headrace("train", "conf.yaml", *train_arguments, "train.run=undisturbed", cwd=folder).json
        (folder / "result.json").write_text(json.dumps(trained))

    found: dict[str, Any] = json.loads((make_once(shared / "undisturbed", make) / "result.json").read_text())
    return found
