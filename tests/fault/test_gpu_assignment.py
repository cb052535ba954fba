"""Each rank sees only the GPU that Spark assigned to its task. The GPUs are simulated; Spark is real."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.local_cluster import LocalCluster
from tests.support.commands import run


@pytest.fixture(scope="module")
def gpu_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """Run a cluster of one worker that declares two GPUs."""
    with LocalCluster(tmp_path_factory.mktemp("gpus"), workers=1, cores=2, gpus=("6", "7")) as running:
        yield running


@pytest.mark.slow
@pytest.mark.parametrize("words", [(), ("--by-stage",)], ids=["of-every-task", "of-the-ranks'-stage-only"])
def test_rank_sees_only_the_gpu_of_its_task(root: Path, gpu_cluster: LocalCluster, words: tuple[str, ...]) -> None:
    seen = run([sys.executable, "-m", "tests.fault.gpu_ranks", gpu_cluster.url, *words], cwd=root).json
    assert sorted(seen) == ["0", "1"]
    assert sorted(seen.values()) == ["6", "7"]
