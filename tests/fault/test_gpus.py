"""Each rank sees the GPU that Spark gave to its task, and no other. The workers' GPUs are made up; Spark is not."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.local_cluster import LocalCluster
from tests.support.commands import run


@pytest.fixture(scope="module")
def with_gpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    with LocalCluster(tmp_path_factory.mktemp("gpus"), workers=1, cores=2, gpus=("6", "7")) as running:
        yield running


@pytest.mark.slow
@pytest.mark.parametrize("words", [(), ("--by-stage",)], ids=["of-every-task", "of-the-ranks'-stage-only"])
def test_every_rank_sees_the_gpu_of_its_task(root: Path, with_gpus: LocalCluster, words: tuple[str, ...]) -> None:
    seen = run([sys.executable, "-m", "tests.fault.gpu_ranks", with_gpus.url, *words], cwd=root).json
    assert sorted(seen) == ["0", "1"]
    assert sorted(seen.values()) == ["6", "7"]
