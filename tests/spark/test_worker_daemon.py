"""Spark's workers are forked with their modules imported, and do no unnecessary work between tasks."""

import struct
import subprocess
import sys
import zipfile
import zipimport
from pathlib import Path

import pyspark
import pytest

from headrace.config.configuration_model import Spark
from headrace.spark.session import session
from headrace.spark.worker_daemon import _without_closed_socket, remove_installed_archives

pytestmark = pytest.mark.spark

LIBRARIES = Path(pyspark.__file__).parent / "python" / "lib"


@pytest.mark.parametrize("module", ["headrace.spark.worker_daemon", "headrace.prepare.tasks.preloaded_daemon"])
def test_daemon_starts_and_reports_its_port(module: str) -> None:
    command = [sys.executable, "-m", module, "pyspark.worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as daemon:
        assert daemon.stdout is not None
        assert daemon.stdin is not None
        assert 0 < struct.unpack(">i", daemon.stdout.read(4))[0] < 65_536
        daemon.stdin.close()


def test_workers_import_installed_pyspark_and_keep_archive_directories() -> None:
    def observe(number: int) -> tuple[str, str]:
        return pyspark.__file__, zipimport.zipimporter.invalidate_caches.__name__

    spark = session("tests", Spark(local=True))
    observations = set(spark.sparkContext.parallelize(range(2), 2).map(observe).collect())
    assert observations == {(pyspark.__file__, "_keep_directory")}


@pytest.mark.parametrize("error", [BrokenPipeError, ConnectionResetError])
def test_worker_ends_without_a_traceback_when_spark_has_closed_its_socket(error: type[OSError]) -> None:
    def write_last_rows(*arguments: object) -> int:
        raise error

    assert _without_closed_socket(write_last_rows)("socket", True) != 0
    assert _without_closed_socket(lambda *_: 0)("socket", True) == 0


def test_daemon_forks_workers_that_end_quietly() -> None:
    """When this fails, PySpark forks its workers in another way, and `serve` has to find it."""
    code = (
        "from pyspark import daemon; from headrace.spark import worker_daemon; "
        "daemon.manager = lambda: print(daemon.worker.__qualname__, 'worker' in manager.__code__.co_names); "
    )
    code = code.replace("daemon.manager =", "manager = daemon.manager; daemon.manager =") + "worker_daemon.serve()"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "_without_closed_socket.<locals>.work True\n"


def test_archives_of_another_spark_stay_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other, installed = str(tmp_path / "pyspark.zip"), str(LIBRARIES / "pyspark.zip")
    monkeypatch.setattr(sys, "path", [other, installed, *sys.path])
    remove_installed_archives()
    assert other in sys.path
    assert installed not in sys.path


def test_python_reads_archive_directory_again_after_invalidate_caches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When this fails, Python no longer reads the directory again, and the daemon need not keep it."""
    archive = tmp_path / "archive.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("module.py", "")
    importer = zipimport.zipimporter(str(archive))
    read: list[str] = []

    def read_again(path: str) -> dict[str, object]:
        read.append(path)
        return {}

    monkeypatch.setattr(zipimport, "_read_directory", read_again)
    importer.invalidate_caches()
    assert read == [str(archive)]
