"""Each command's session has the settings that the cluster file has for the command."""

import json
import sys
from pathlib import Path

from tests.support.commands import run

PROGRAM = """
import json
from headrace.config.configuration import Spark
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
CLUSTER = """
settings:
  {spark.master: "local[1]", spark.driver.memory: 300m, spark.testing.memory: 500000000, spark.ui.enabled: false}
prepare: {spark.task.maxFailures: 7, spark.locality.wait: 1s}
train: {spark.task.maxFailures: 2}
"""


def test_session_has_settings_of_command_and_driver_memory(tmp_path: Path) -> None:
    (tmp_path / "cluster.yaml").write_text(CLUSTER)
    found = json.loads(run([sys.executable, "-c", PROGRAM], cwd=tmp_path).stdout.splitlines()[-1])
    assert found == [["7", "1s", True], ["2", "none", True]]
