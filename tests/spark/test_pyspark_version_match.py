"""A Spark of another version than PySpark is refused within seconds, in one sentence."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyspark
import pytest

from headrace.errors import ConfigurationError
from headrace.spark.pyspark_version_match import parse_version, require_own_spark_home, require_same_jvm
from jobs.local_cluster import LocalCluster
from tests.support.commands import headrace

pytestmark = pytest.mark.spark

INSTALLED = pyspark.__version__
# A version with another Scala, which cannot deserialize any message, and a version that fails later.
OTHER_SCALA = "4.0.1" if INSTALLED.startswith("3.5") else "3.5.9"
OTHER_MINOR = "4.0.1" if not INSTALLED.startswith("4.0") else "4.1.1"


def master_setting(url: str) -> str:
    """Return the override that names this master."""
    return f"spark.settings={{spark.master: '{url}', spark.driver.host: 127.0.0.1, spark.ui.enabled: 'false'}}"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """Start a master of the installed version without workers."""
    with LocalCluster(tmp_path_factory.mktemp("cluster"), workers=0) as running:
        yield running


def fake_pyspark_version(folder: Path, version: str) -> str:
    """Return a folder for PYTHONPATH that makes Headrace see PySpark as `version`; nothing else changes."""
    (folder / "usercustomize.py").write_text("")
    (folder / "sitecustomize.py").write_text(
        f"import headrace.spark.pyspark_version_match as versions\nversions.__version__ = '{version}'\n"
    )
    return str(folder)


def test_master_of_same_version_passes(cluster: LocalCluster, own: Path) -> None:
    done = headrace("train", "conf.yaml", master_setting(cluster.url), cwd=own, code=4)
    assert "has 0 free slots" in done.last_error_line


@pytest.mark.parametrize("verb", ["train", "prepare"])
def test_error_names_versions_of_master_and_pyspark(
    cluster: LocalCluster, own: Path, tmp_path: Path, verb: str
) -> None:
    folder = tmp_path / "path"
    folder.mkdir()
    began = time.monotonic()
    words = (verb, "conf.yaml", master_setting(cluster.url), "data.table=other" if verb == "prepare" else "seed=0")
    done = headrace(
        *[word for word in words if word != "seed=0"], cwd=own, code=2, PYTHONPATH=fake_pyspark_version(folder, "9.1.0")
    )
    assert f"{cluster.url} runs Spark {INSTALLED}, but PySpark is 9.1.0" in done.last_error_line
    assert "Traceback" not in done.stderr
    assert time.monotonic() - began < 40


def test_check_reports_master_of_another_version(cluster: LocalCluster, tmp_path: Path) -> None:
    file = tmp_path / "cluster.yaml"
    file.write_text(f"settings:\n  spark.master: {cluster.url}\n  spark.driver.host: 127.0.0.1\n")
    folder = fake_pyspark_version(tmp_path, "9.1.0")
    done = headrace("check", "--spark-settings", str(file), cwd=tmp_path, code=2, PYTHONPATH=folder)
    row = next(row for row in done.json["rows"] if row["name"] == "Spark slots")
    assert f"runs Spark {INSTALLED}, but PySpark is 9.1.0" in row["fix"]


@pytest.fixture(scope="module")
def other_spark(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Return a folder with another PySpark from PyPI."""
    folder = tmp_path_factory.mktemp("pyspark")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-compile", "--target", str(folder)]
    done = subprocess.run([*pip, f"pyspark=={request.param}"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"pip brings no PySpark {request.param}: {done.stderr.strip().splitlines()[-1]}")
    return folder


@pytest.mark.long
@pytest.mark.parametrize("other_spark", [OTHER_SCALA, OTHER_MINOR], indirect=True)
def test_train_refuses_cluster_of_another_version(own: Path, other_spark: Path, tmp_path: Path) -> None:
    with LocalCluster(tmp_path / "cluster", workers=1, home=other_spark / "pyspark") as foreign:
        began = time.monotonic()
        done = headrace("train", "conf.yaml", master_setting(foreign.url), cwd=own, code=2)
    assert time.monotonic() - began < 40
    assert re.search(
        r"runs (another version of Spark|Spark \d[.\d]+), but PySpark is " + re.escape(INSTALLED), done.last_error_line
    )
    assert "Traceback" not in done.stderr


@pytest.mark.long
@pytest.mark.parametrize("other_spark", [OTHER_SCALA, OTHER_MINOR], indirect=True)
def test_train_refuses_client_of_another_version(cluster: LocalCluster, own: Path, other_spark: Path) -> None:
    began = time.monotonic()
    done = headrace("train", "conf.yaml", master_setting(cluster.url), cwd=own, code=2, PYTHONPATH=str(other_spark))
    assert time.monotonic() - began < 40
    assert re.search(r"runs (another version of Spark|Spark \d[.\d]+), but PySpark is \d", done.last_error_line)
    assert f"PySpark is {INSTALLED}" not in done.last_error_line
    assert "Traceback" not in done.stderr


def spark_home(folder: Path, version: str) -> str:
    """Create a Spark home of this version."""
    (folder / "jars").mkdir(parents=True)
    (folder / "jars" / f"spark-core_2.13-{version}.jar").touch()
    (folder / "bin").mkdir()
    (folder / "bin" / "spark-submit").touch(0o755)
    return str(folder)


def test_train_refuses_spark_home_of_another_version(own: Path, tmp_path: Path) -> None:
    home = spark_home(tmp_path / "spark", "3.2.1")
    done = headrace("train", "conf.yaml", cwd=own, code=2, SPARK_HOME=home)
    assert (
        f"SPARK_HOME is {home}, which holds Spark 3.2.1, but PySpark is {INSTALLED}. Unset SPARK_HOME"
        in done.last_error_line
    )


def test_spark_home_of_another_patch_release_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARK_HOME", spark_home(tmp_path, f"{'.'.join(INSTALLED.split('.')[:2])}.99"))
    require_own_spark_home()


def test_spark_home_without_spark_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = spark_home(tmp_path / "spark", INSTALLED)
    program = Path(home, "bin", "spark-submit")
    program.chmod(0o644)
    for folder, fault in {os.devnull: "does not exist", "/none": "does not exist", home: "is not executable"}.items():
        monkeypatch.setenv("SPARK_HOME", folder)
        with pytest.raises(
            ConfigurationError, match=f"SPARK_HOME is {folder}, .*spark-submit {fault}. Unset SPARK_HOME"
        ):
            require_own_spark_home()


def test_check_and_prepare_name_spark_home_without_spark(own: Path, tmp_path: Path) -> None:
    home = str(tmp_path / "no spark")
    done = headrace("prepare", "conf.yaml", "data.table=other", cwd=own, code=2, SPARK_HOME=home)
    assert done.last_error_line.startswith(f"headrace: SPARK_HOME is {home}, which holds no Spark")
    assert "Traceback" not in done.stderr
    report = headrace("check", cwd=own, code=2, SPARK_HOME=home).json
    row = next(row for row in report["rows"] if row["name"] == "Spark slots")
    assert f"SPARK_HOME is {home}" in row["fix"]


def test_jvm_of_another_version_is_refused() -> None:
    require_same_jvm(INSTALLED)
    with pytest.raises(ConfigurationError, match=f"Spark is 3.4.1, but PySpark is {re.escape(INSTALLED)}"):
        require_same_jvm("3.4.1")


@pytest.mark.parametrize(
    ("page", "version"),
    [
        ('<span class="version me-3">4.3.0</span> Spark Master at spark://a:7077', "4.3.0"),
        ('<span class="version" style="x">3.5.9</span>\n Spark Master at spark://a:7077 ', "3.5.9"),
        ('<span class="version">3.5.9</span> Spark Master at spark://b:7077', None),
        ("<title>Tomcat</title>", None),
    ],
)
def test_parse_version_reads_page_of_given_master_only(page: str, version: str | None) -> None:
    assert parse_version(page, "spark://a:7077") == version
