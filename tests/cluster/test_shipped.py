"""Executors whose Python has the engines but not Headrace, which the job ships."""

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

pytestmark = [pytest.mark.spark, pytest.mark.horovod]


@pytest.fixture(scope="module")
def plain_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """Run a cluster without encryption."""
    with LocalCluster(tmp_path_factory.mktemp("plain")) as running:
        yield running


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a wheel of Headrace."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(root)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return next(folder.glob("headrace-*.whl"))


def create_environment(folder: Path) -> Path:
    """Create an environment with Headrace's dependencies but without Headrace.

    Python does not read .pth files in a path that another .pth file adds, so an editable Headrace stays invisible.
    """
    venv.create(folder, symlinks=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    (packages / "engines.pth").write_text(sysconfig.get_path("purelib"))
    return folder


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the Python of the executors, which has the engines but not Headrace."""
    python = create_environment(tmp_path_factory.mktemp("bare")) / "bin" / "python"
    run([str(python), "-c", "import pyspark, tensorflow"], cwd=python.parent)
    assert (
        "No module named"
        in run([str(python), "-c", "import headrace.errors"], cwd=python.parent, code=1).last_error_line
    )
    return str(python)


def check_rows(cluster: LocalCluster, folder: Path, code: int = 0, **settings: str) -> dict[str, Any]:
    """Check the cluster with `settings`; return the rows by name."""
    (folder / "cluster.yaml").write_text(
        spark_setting(cluster, **settings).replace("spark.settings={", "settings: {", 1)
    )
    arguments = ("check", "--cluster", "--slots", "2", "--store", str(folder), "--spark-settings", "cluster.yaml")
    return {row["name"]: row for row in headrace(*arguments, cwd=folder, code=code).json["rows"]}


def test_train_refuses_python_that_executors_lack_without_a_restart(plain_cluster: LocalCluster, own: Path) -> None:
    setting = spark_setting(plain_cluster, spark_pyspark_python="/none/python")
    done = headrace("train", "conf.yaml", setting, cwd=own, code=2)
    assert "An executor cannot run /none/python" in done.last_error_line
    assert "the setting spark.pyspark.python names their Python" in done.last_error_line
    assert "Restart" not in done.stderr


@pytest.mark.long
def test_check_explains_how_to_ship_headrace_to_executors(
    plain_cluster: LocalCluster, bare_python: str, tmp_path: Path
) -> None:
    rows = check_rows(plain_cluster, tmp_path, 2, spark_pyspark_python=bare_python)
    assert not rows["Executors"]["ok"]
    assert "No module named 'headrace'" in rows["Executors"]["fix"]
    assert "--py-files" in rows["Executors"]["fix"]
    assert rows["Executors"]["fix"].startswith("An executor cannot start Python for its tasks")


def test_wheel_is_shipped_to_tasks_and_ranks(
    plain_cluster: LocalCluster, bare_python: str, wheel: Path, tmp_path: Path
) -> None:
    # Spark does not accept .whl files, but a wheel is a zip file.
    shipped = Path(shutil.copy(wheel, tmp_path / "headrace.zip"))
    rows = check_rows(plain_cluster, tmp_path, spark_pyspark_python=bare_python, spark_submit_pyFiles=str(shipped))
    assert rows["Executors"]["ok"]
    assert "MB/s per rank, 2 ranks" in rows["Allreduce"]["found"]


@pytest.mark.long
def test_packed_environment_is_unpacked_by_executors(plain_cluster: LocalCluster, wheel: Path, tmp_path: Path) -> None:
    folder = create_environment(tmp_path / "environment")
    packages = next(folder.glob("lib/python*/site-packages"))
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(packages)]
    subprocess.run([*command, str(wheel)], check=True)
    with tarfile.open(tmp_path / "environment.tar.gz", "w:gz") as archive:
        archive.add(folder, ".")
    settings = {
        "spark_archives": f"{tmp_path}/environment.tar.gz#environment",
        "spark_pyspark_python": "./environment/bin/python",
    }
    rows = check_rows(plain_cluster, tmp_path, **settings)
    assert rows["Executors"]["ok"]
    assert rows["Executor versions"]["ok"]
    assert "MB/s per rank, 2 ranks" in rows["Allreduce"]["found"]


@pytest.mark.long
def test_spark_submit_ships_wheel_and_custom_network_to_every_stage(
    plain_cluster: LocalCluster, bare_python: str, wheel: Path, own: Path, root: Path, fashion_mnist: Path
) -> None:
    (own / "table").unlink()
    (own / "my_network.py").write_text((own / "models" / "cnn.py").read_text())
    shipped = shutil.copy(wheel, own / "headrace.zip")
    command = ["spark-submit", "--master", plain_cluster.url, "--py-files", shipped]
    settings = {
        "spark.pyspark.python": bare_python,
        "spark.pyspark.driver.python": sys.executable,
        "spark.driver.host": "127.0.0.1",
        "spark.executor.cores": "1",
        "spark.executor.memory": "512m",
        "spark.ui.enabled": "false",
    }
    command += [part for key, value in settings.items() for part in ("--conf", f"{key}={value}")]

    def submit(job: str, *arguments: str) -> dict[str, Any]:
        return run([*command, str(root / "jobs" / f"{job}.py"), *arguments], cwd=own).json

    assert submit("prepare", "conf.yaml")["written"] == 1400
    trained = submit("train", "conf.yaml", "model.file=my_network.py")
    assert (trained["ranks"], trained["steps"]) == (2, 10)
    assert submit("predict", trained["bundle"], str(fashion_mnist / "test"), "predictions")["rows"] == 200
