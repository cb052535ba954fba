"""The cluster of docker/compose.yaml, brought up from images built from this checkout, and down again."""

import io
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.containers.engine import Engine, Said, find_engine, run

CLIENT = "headrace-client"
# As long as `LONG` trains, a container can be killed in the middle of it.
CONFIGURATION = """
data: {source: {kind: folder, path: /work/raw}, table: /work/table}
prepare: {image: {mode: L, size: [28, 28], codec: raw}, shard_rows: 100}
model: {file: /opt/headrace/models/cnn.py, options: {width: 4, dense: 16}}
train: {run: /work/run, ranks: 2, epochs: 40, batch_size: 64, checkpoint_every_steps: 25, log_every_steps: 1}
"""


@dataclass(frozen=True)
class ContainerCluster:
    """The cluster, seen by somebody who sits at its client."""

    engine: Engine

    def client(self, *words: str, seconds: float = 300) -> Said:
        """Run a command in the client."""
        return self.engine.inside(CLIENT, *words, seconds=seconds)

    def submit(self, job: str, *words: str) -> Said:
        """`spark-submit` one of the jobs."""
        return self.client(*submission(job, *words), seconds=580)


def submission(job: str, *words: str) -> tuple[str, ...]:
    return ("spark-submit", f"/opt/headrace/jobs/{job}.py", *words)


@pytest.fixture(scope="session")
def engine(root: Path) -> Engine:
    """With both images built."""
    found = find_engine()
    found.build(root, "Dockerfile", "headrace")
    found.build(root, "Dockerfile.services", "headrace-services")
    return found


@pytest.fixture(scope="session")
def containers(engine: Engine, root: Path, fashion_mnist: Path) -> Iterator[ContainerCluster]:
    """Two workers of one core each; /work holds raw images and a configuration."""
    # Of the images just built, whatever a cluster elsewhere is told to take.
    own = ("env", "-u", "HEADRACE_IMAGE", "-u", "HEADRACE_SERVICES_IMAGE")
    words = (*own, *engine.compose, "-f", str(root / "docker" / "compose.yaml"))
    try:
        run(*words, "up", "-d")
        files = archive(fashion_mnist, CONFIGURATION)
        engine.inside(CLIENT, "tar", "-x", "-C", "/work", input=files)
        yield ContainerCluster(engine)
    finally:
        run(*words, "down", "-v")
        # podman-compose leaves the network; Docker does not.
        subprocess.run([engine.program, "network", "rm", "headrace-cluster"], capture_output=True, check=False)


def archive(raw: Path, configuration: str) -> bytes:
    """`raw/` and `conf.yaml`: unpacked by the user of the containers, they are theirs."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as packed:
        packed.add(raw, "raw")
        entry = tarfile.TarInfo("conf.yaml")
        entry.size = len(configuration)
        packed.addfile(entry, io.BytesIO(configuration.encode()))
    return whole.getvalue()
