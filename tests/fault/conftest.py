"""A real Spark standalone cluster, and what an undisturbed training gives."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs.local_cluster import LocalCluster
from tests.support.cluster_settings import spark_setting
from tests.support.commands import headrace

# 30 epochs of 10 steps; a checkpoint every 25 steps, so that most of them lie within an epoch.
LONG = (
    "train.epochs=30",
    "train.optimizer.options={use_ema: true}",
    "train.checkpoint_every_steps=25",
    "train.run=run",
)


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    with LocalCluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(scope="package")
def words(cluster: LocalCluster) -> tuple[str, ...]:
    """Of `headrace train`, for a training on the cluster."""
    return (*LONG, spark_setting(cluster))


@pytest.fixture(scope="package")
def undisturbed(workspace: Path, words: tuple[str, ...]) -> dict[str, Any]:
    """The result of the same training when nothing happens."""
    return headrace("train", "conf.yaml", *words, "train.run=undisturbed", cwd=workspace).json
