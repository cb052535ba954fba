"""Free slots, counted on a real Spark session: slots of registered executors minus busy ones."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pyspark import SparkContext

from headrace.check.spark_slots import slots_row

pytestmark = pytest.mark.spark

BUSY_AND_FREE = """
import json, sys, threading, time
from pathlib import Path
from pyspark.sql import SparkSession
from headrace.check.spark_slots import free_slots, slots_row, wait_for_slots

folder = Path(sys.argv[1])

def work(_):
    import os, time
    (folder / f"busy-{os.getpid()}").touch()
    while not (folder / "stop").exists():
        time.sleep(0.01)

spark = SparkSession.builder.master("local[3]").config("spark.ui.enabled", "false").getOrCreate()
result = {"idle": free_slots(spark)}
tasks = spark.sparkContext.parallelize(range(2), 2)
thread = threading.Thread(target=lambda: tasks.foreach(work))
thread.start()
while len(list(folder.glob("busy-*"))) < 2:
    time.sleep(0.01)
result["busy"] = free_slots(spark)
result["timed_out"] = wait_for_slots(spark, 3, seconds=0.5)
(folder / "stop").touch()
result["waited"] = wait_for_slots(spark, 3)
thread.join()
result["row"] = slots_row(3).found
result["still_running"] = spark.range(5).count()
print(json.dumps(result))
"""
ROW = """
import json
from headrace.check.spark_slots import slots_row
row = slots_row({})
print(json.dumps([row.found, row.ok, row.fix]))
"""


def run(program: str, *arguments: str, **environment: str) -> Any:
    """Run `program` in a new process without Spark; return the JSON of its last line."""
    process = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(process.stdout.splitlines()[-1])


def test_busy_slots_are_not_free_and_existing_session_keeps_running(tmp_path: Path) -> None:
    cores = os.cpu_count()
    assert run(BUSY_AND_FREE, str(tmp_path)) == {
        "idle": 3,
        "busy": 1,
        "timed_out": 1,
        "waited": 3,
        "row": f"3 free on local[3]; {cores} cores here",
        "still_running": 5,
    }


def test_local_spark_has_as_many_slots_as_requested() -> None:
    many = (os.cpu_count() or 1) + 3
    assert run(ROW.format(many)) == [f"{many} free on local[{many}]; {os.cpu_count()} cores here", True, ""]


def test_slots_row_waits_for_executors_of_a_cluster() -> None:
    row = run(ROW.format(2), PYSPARK_SUBMIT_ARGS="--master local-cluster[2,1,1024] pyspark-shell")
    assert row == [f"2 free on local-cluster[2,1,1024]; {os.cpu_count()} cores here", True, ""]


def test_slots_row_reports_spark_that_does_not_start() -> None:
    found, ok, fix = run(ROW.format(1), PYSPARK_SUBMIT_ARGS="--master nonsense pyspark-shell")
    assert (found, ok) == ("no session", False)
    assert fix.startswith("Spark reports: ")


def test_slots_row_reports_missing_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    # As in a process that has not started a JVM yet.
    monkeypatch.setattr(SparkContext, "_gateway", None)
    row = slots_row(1)
    assert (row.found, row.ok) == ("no session", False)
    assert "JAVA_HOME is /nowhere" in row.fix
