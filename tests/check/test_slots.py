"""Slots are counted on a real Spark: those of executors that are there, less those that are busy."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pyspark import SparkContext

from headrace.check.slots import slots_row

BUSY_AND_FREE = """
import json, sys, threading, time
from pathlib import Path
from pyspark.sql import SparkSession
from headrace.check.slots import free_slots, slots_row, wait_for_slots

folder = Path(sys.argv[1])

def work(_):
    import os, time
    (folder / f"busy-{os.getpid()}").touch()
    while not (folder / "stop").exists():
        time.sleep(0.01)

spark = SparkSession.builder.master("local[3]").config("spark.ui.enabled", "false").getOrCreate()
answer = {"idle": free_slots(spark)}
tasks = spark.sparkContext.parallelize(range(2), 2)
thread = threading.Thread(target=lambda: tasks.foreach(work))
thread.start()
while len(list(folder.glob("busy-*"))) < 2:
    time.sleep(0.01)
answer["busy"] = free_slots(spark)
answer["given_up"] = wait_for_slots(spark, 3, seconds=0.5)
(folder / "stop").touch()
answer["waited"] = wait_for_slots(spark, 3)
thread.join()
answer["row"] = slots_row(3).found
answer["still_running"] = spark.range(5).count()
print(json.dumps(answer))
"""
ROW = """
import json
from headrace.check.slots import slots_row
row = slots_row({})
print(json.dumps([row.found, row.ok, row.fix]))
"""


def run(program: str, *arguments: str, **environment: str) -> Any:
    """The JSON in the last line of `program`, run in a process of its own, where Spark has not started yet."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_busy_slots_are_not_free_and_a_session_that_was_there_stays(tmp_path: Path) -> None:
    cores = os.cpu_count()
    assert run(BUSY_AND_FREE, str(tmp_path)) == {
        "idle": 3,
        "busy": 1,
        "given_up": 1,
        "waited": 3,
        "row": f"3 free on local[3]; {cores} cores here",
        "still_running": 5,
    }


def test_local_spark_gets_as_many_slots_as_are_asked_for() -> None:
    many = (os.cpu_count() or 1) + 3
    assert run(ROW.format(many)) == [f"{many} free on local[{many}]; {os.cpu_count()} cores here", True, ""]


def test_the_executors_of_a_cluster_are_waited_for_and_counted() -> None:
    answer = run(ROW.format(2), PYSPARK_SUBMIT_ARGS="--master local-cluster[2,1,1024] pyspark-shell")
    assert answer == [f"2 free on local-cluster[2,1,1024]; {os.cpu_count()} cores here", True, ""]


def test_a_spark_that_does_not_start_is_a_row_with_its_words() -> None:
    found, ok, mend = run(ROW.format(1), PYSPARK_SUBMIT_ARGS="--master nonsense pyspark-shell")
    assert (found, ok) == ("no session", False)
    assert mend.startswith("Spark says: ")


def test_without_java_the_row_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    # As in a program that has started none yet.
    monkeypatch.setattr(SparkContext, "_gateway", None)
    row = slots_row(1)
    assert (row.found, row.ok) == ("no session", False)
    assert "JAVA_HOME is /nowhere" in row.fix
