"""The cluster of docker/compose.yaml, brought up from images built from this checkout, and down again."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.engine import Engine, find_engine, run
from tests.support.container_cluster import CLIENT, CONFIGURATION, ContainerCluster, archive


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
