"""Each command's session has the settings that the cluster file has for the command."""

import json
import sys
from pathlib import Path

import pytest
from pyspark import SparkContext

from headrace.errors import ConfigurationError
from headrace.spark import session
from headrace.spark.jvm_filename_encoding import require_readable_folder
from tests.support.commands import run
from tests.support.workspace import ROOT

pytestmark = pytest.mark.spark

PROGRAM = """
import json
from headrace.config.configuration_model import Spark
from headrace.spark.session import session

settings = Spark(cluster="cluster.yaml")
found = []
for command in ("prepare", "train"):
    spark = session(command, settings)
    conf = spark.sparkContext.getConf()
    heap = spark.sparkContext._jvm.java.lang.Runtime.getRuntime().maxMemory()
    found.append([conf.get("spark.task.maxFailures"), conf.get("spark.locality.wait", "none"), heap < 400_000_000])
    spark.stop()
print(json.dumps(found))
"""
START = """
import headrace
from headrace.config.configuration_model import Spark
from headrace.spark.session import session

print(session("test", Spark()).range(3).count(), headrace.__file__)
"""
ARGUMENTS = """
import sys
import numpy as np
from headrace.config.configuration_model import Spark
from headrace.spark.session import session

java = session("test", Spark()).sparkContext._jvm.java
print(java.util.Arrays.toString(np.array([1, 2])), java.lang.String.valueOf(np.int32(3)), "pandas" in sys.modules)
"""
CLUSTER = """
settings:
  {spark.master: "local[1]", spark.driver.memory: 300m, spark.testing.memory: 500000000, spark.ui.enabled: false}
prepare: {spark.task.maxFailures: 7, spark.locality.wait: 1s}
train: {spark.task.maxFailures: 2}
"""


def test_start_of_spark_is_announced(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """It is the first long wait of most commands."""
    monkeypatch.setattr(session, "_launch_filtered", lambda: None)
    monkeypatch.setattr(SparkContext, "_ensure_initialized", lambda gateway: None)
    with caplog.at_level("INFO"):
        session._start_jvm({})
    assert caplog.messages == ["Starting Spark"]


def test_session_has_settings_of_command_and_driver_memory(tmp_path: Path) -> None:
    (tmp_path / "cluster.yaml").write_text(CLUSTER)
    found = json.loads(run([sys.executable, "-c", PROGRAM], cwd=tmp_path).stdout.splitlines()[-1])
    assert found == [["7", "1s", True], ["2", "none", True]]


def test_session_passes_numpy_to_java_without_pandas(tmp_path: Path) -> None:
    """PySpark imports it by itself, to learn whether NumPy is installed."""
    assert run([sys.executable, "-c", ARGUMENTS], cwd=tmp_path).stdout == "[1, 2] 3 False\n"


def test_session_starts_from_a_directory_with_a_space_and_an_accent(tmp_path: Path) -> None:
    """Its logging is the one of Headrace's file: Spark's own would write INFO lines."""
    checkout = tmp_path / "My Projécts" / "headrace"
    checkout.parent.mkdir()
    checkout.symlink_to(ROOT)
    started = run([sys.executable, "-c", START], cwd=tmp_path, PYTHONPATH=str(checkout))
    assert started.stdout.splitlines()[-1] == f"3 {checkout}/headrace/__init__.py"
    assert not started.stderr


def test_session_starts_in_locale_c_and_in_utc(tmp_path: Path) -> None:
    """Java reads the name of the directory in the locale, and Spark's times depend on the zone."""
    folder = tmp_path / "My Projécts"
    folder.mkdir()
    program = START + "print(session('test', Spark()).sql('select hour(timestamp_seconds(0))').first()[0])"
    started = run([sys.executable, "-c", program], cwd=folder, LC_ALL="C", TZ="Asia/Kolkata", PYTHONPATH=str(ROOT))
    assert started.stdout.splitlines()[-1] == "0"


def test_jvm_that_cannot_read_the_working_directory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "My Projécts"
    folder.mkdir()
    monkeypatch.setenv("LC_ALL", "POSIX")
    require_readable_folder("ANSI_X3.4-1968")
    monkeypatch.chdir(folder)
    require_readable_folder("UTF-8")
    with pytest.raises(ConfigurationError, match=r"in the locale LC_ALL=POSIX, in which.*Set LC_ALL=C\.UTF-8"):
        require_readable_folder("ANSI_X3.4-1968")
