"""Executors whose Python has the engines but no Headrace: it travels with the job."""

import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs.local_cluster import LocalCluster
from tests.support.cluster_settings import spark_setting
from tests.support.commands import headrace, run


@pytest.fixture(scope="module")
def plain_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    with LocalCluster(tmp_path_factory.mktemp("plain")) as running:
        yield running


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(root)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return next(folder.glob("headrace-*.whl"))


def environment(folder: Path) -> Path:
    """An environment with what Headrace needs, and without Headrace: paths in a .pth file are not read for others."""
    venv.create(folder, symlinks=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    (packages / "engines.pth").write_text(sysconfig.get_path("purelib"))
    return folder


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The Python of executors."""
    python = environment(tmp_path_factory.mktemp("bare")) / "bin" / "python"
    run([str(python), "-c", "import pyspark, tensorflow"], cwd=python.parent)
    assert (
        "No module named"
        in run([str(python), "-c", "import headrace.errors"], cwd=python.parent, code=1).last_error_line
    )
    return str(python)


def checked(cluster: LocalCluster, folder: Path, code: int = 0, **settings: str) -> dict[str, Any]:
    """The rows of a check of the cluster with these settings."""
    (folder / "cluster.yaml").write_text(
        spark_setting(cluster, **settings).replace("spark.settings={", "settings: {", 1)
    )
    words = ("check", "--cluster", "--slots", "2", "--store", str(folder), "--spark-settings", "cluster.yaml")
    return {row["name"]: row for row in headrace(*words, cwd=folder, code=code).json["rows"]}


@pytest.mark.long
def test_executors_without_headrace_are_told_with_how_to_bring_it(
    plain_cluster: LocalCluster, bare: str, tmp_path: Path
) -> None:
    rows = checked(plain_cluster, tmp_path, 2, spark_pyspark_python=bare)
    assert not rows["Executors"]["ok"]
    assert "No module named headrace" in rows["Executors"]["fix"]
    assert "--py-files" in rows["Executors"]["fix"]
    assert rows["Executors"]["fix"].startswith("An executor cannot start Python for its tasks")


def test_the_wheel_travels_to_tasks_and_to_the_ranks_that_they_start(
    plain_cluster: LocalCluster, bare: str, wheel: Path, tmp_path: Path
) -> None:
    # Spark knows no .whl; a wheel is a zip file.
    shipped = Path(shutil.copy(wheel, tmp_path / "headrace.zip"))
    rows = checked(plain_cluster, tmp_path, spark_pyspark_python=bare, spark_submit_pyFiles=str(shipped))
    assert rows["Executors"]["ok"]
    assert "MB/s a rank, between 2" in rows["Allreduce"]["found"]


@pytest.mark.long
def test_a_packed_environment_is_unpacked_by_executors(
    plain_cluster: LocalCluster, wheel: Path, tmp_path: Path
) -> None:
    folder = environment(tmp_path / "environment")
    packages = next(folder.glob("lib/python*/site-packages"))
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(packages)]
    subprocess.run([*command, str(wheel)], check=True)
    with tarfile.open(tmp_path / "environment.tar.gz", "w:gz") as archive:
        archive.add(folder, ".")
    settings = {
        "spark_archives": f"{tmp_path}/environment.tar.gz#environment",
        "spark_pyspark_python": "./environment/bin/python",
    }
    rows = checked(plain_cluster, tmp_path, **settings)
    assert rows["Executors"]["ok"]
    assert rows["Versions there"]["ok"]
    assert "MB/s a rank, between 2" in rows["Allreduce"]["found"]


@pytest.mark.long
def test_with_spark_submit_the_wheel_and_a_model_of_ones_own_go_the_whole_way(
    plain_cluster: LocalCluster, bare: str, wheel: Path, own: Path, root: Path, fashion_mnist: Path
) -> None:
    (own / "table").unlink()
    (own / "my_network.py").write_text((own / "models" / "cnn.py").read_text())
    shipped = shutil.copy(wheel, own / "headrace.zip")
    begin = ["spark-submit", "--master", plain_cluster.url, "--py-files", shipped]
    settings = {
        "spark.pyspark.python": bare,
        "spark.pyspark.driver.python": sys.executable,
        "spark.driver.host": "127.0.0.1",
        "spark.executor.cores": "1",
        "spark.executor.memory": "512m",
        "spark.ui.enabled": "false",
    }
    begin += [word for key, value in settings.items() for word in ("--conf", f"{key}={value}")]

    def submit(job: str, *words: str) -> dict[str, Any]:
        return run([*begin, str(root / "jobs" / f"{job}.py"), *words], cwd=own).json

    assert submit("prepare", "conf.yaml")["written"] == 1400
    trained = submit("train", "conf.yaml", "model.file=my_network.py")
    assert (trained["ranks"], trained["steps"]) == (2, 10)
    assert submit("predict", trained["bundle"], str(fashion_mnist / "test"), "predictions")["rows"] == 200
