"""A standalone cluster on this machine with authentication and encryption."""

import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.local_cluster import LocalCluster

ENCRYPTED = {
    "spark.authenticate": "true",
    "spark.network.crypto.enabled": "true",
    "spark.network.crypto.cipher": "AES/GCM/NoPadding",
    "spark.io.encryption.enabled": "true",
}


@pytest.fixture(scope="package")
def secret() -> str:
    """Return the cluster's secret."""
    return secrets.token_hex(16)


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory, secret: str) -> Iterator[LocalCluster]:
    """Run two workers with one core each."""
    settings = ENCRYPTED | {"spark.authenticate.secret": secret}
    with LocalCluster(tmp_path_factory.mktemp("cluster"), settings=settings) as running:
        yield running


@pytest.fixture(scope="package")
def settings_file(cluster: LocalCluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a cluster file as a user would; the secret comes from the environment."""
    settings = ENCRYPTED | {
        "spark.master": cluster.url,
        "spark.authenticate.secret": "$SPARK_SECRET",
        "spark.pyspark.python": sys.executable,
        "spark.driver.host": "127.0.0.1",
        "spark.executor.cores": "1",
        "spark.executor.memory": "512m",
        "spark.ui.enabled": "false",
    }
    file = tmp_path_factory.mktemp("conf") / "cluster.yaml"
    file.write_text("settings:\n" + "".join(f"  {key}: {value}\n" for key, value in settings.items()))
    return file
