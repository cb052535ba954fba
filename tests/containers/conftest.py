"""Fixtures: the cluster of docker/compose.yaml, started from images built from this checkout."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.engine import Engine, find_engine, run
from tests.support.container_cluster import CLIENT, CONFIGURATION, ContainerCluster, archive


@pytest.fixture(scope="session")
def engine(root: Path) -> Engine:
    """Return the container engine after building both images."""
    found = find_engine()
    found.build(root, "Dockerfile", "headrace")
    found.build(root, "Dockerfile.services", "headrace-services")
    return found


@pytest.fixture(scope="session")
def containers(engine: Engine, root: Path, fashion_mnist: Path) -> Iterator[ContainerCluster]:
    """Start two workers of one core each; /work contains raw images and a configuration."""
    # Use the images just built, even where the environment names others.
    own = ("env", "-u", "HEADRACE_IMAGE", "-u", "HEADRACE_SERVICES_IMAGE")
    words = (*own, *engine.compose, "-f", str(root / "docker" / "compose.yaml"))
    try:
        run(*words, "up", "-d")
        files = archive(fashion_mnist, CONFIGURATION)
        engine.inside(CLIENT, "tar", "-x", "-C", "/work", input=files)
        yield ContainerCluster(engine)
    finally:
        run(*words, "down", "-v")
        # podman-compose keeps the network; Docker removes it.
        subprocess.run([engine.program, "network", "rm", "headrace-cluster"], capture_output=True, check=False)
