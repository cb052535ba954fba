"""A program's own session trains as the command line does, and is left as it was."""

import json
import sys
from pathlib import Path

import pytest
import yaml

from tests.api.conftest import SETTINGS
from tests.support.commands import headrace, run
from tests.support.workspace import ROOT

pytestmark = [pytest.mark.spark, pytest.mark.horovod, pytest.mark.slow]

PROGRAM = """
import json, logging, sys
from pyspark.sql import SparkSession, functions as F
import headrace
from headrace.errors import HeadraceError

spark = (SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", "4").config("spark.sql.session.timeZone", "Asia/Tokyo").getOrCreate())
context = spark.sparkContext
names = ("org.apache.spark.executor.Executor", "org.apache.spark.scheduler.TaskSetManager")

def state():
    settings, found = {}, spark.conf._jconf.getAll().iterator()
    while found.hasNext():
        pair = found.next()
        settings[pair._1()] = pair._2()
    logging4j = context._jvm.org.apache.logging.log4j.LogManager.getContext(False).getConfiguration()
    configs = [logging4j.getLoggerConfig(name) for name in names]
    levels = [[config.getName(), config.getLevel().toString()] for config in configs]
    loggers = [(name, len(logging.getLogger(name).handlers), logging.getLogger(name).level)
        for name in ("", "headrace", "py4j", "pyspark", "absl")]
    persistent = context._jsc.getPersistentRDDs().size()
    return json.dumps([settings, levels, loggers, persistent, SparkSession.getActiveSession() is spark])

found, before = {}, state()
photos = spark.read.format("binaryFile").option("recursiveFileLookup", True).load(sys.argv[1])
photos = photos.withColumn("animal", F.element_at(F.split("path", "/"), -2))
settings = json.loads(sys.argv[2])
table = headrace.prepare(photos, "table", inputs={"content": "image"}, outputs={"animal": "class"}, settings=settings)
found["after prepare"] = state() == before
options = {"train.epochs": 3, "train.batch_size": 4}
run = headrace.train(table, "cnn", "run", ranks=2, settings=options)
found["after train"] = state() == before
found["weights"] = run.result["weights_sha256"]
found["history"] = list(run.history.index), sorted(run.history.columns)
found["metrics"] = sorted(run.metrics)
found["report"] = run.report().is_file()
found["html"] = "val_loss" in run._repr_html_()
found["resumed"] = headrace.train(table, "cnn", "run", ranks=2, settings=options).result["weights_sha256"]
found["accuracy"] = run.bundle.evaluate(table, "train")["metrics"]["accuracy"]
predicted = run.bundle.transform(photos).select("path", "animal", "label", "rejected").collect()
found["right"] = sum(row.label == row.animal for row in predicted)
found["rejected"] = [row.path.rpartition("/")[2] for row in predicted if row.rejected]
found["after transform"] = state() == before
errors = []
for call in (
    lambda: headrace.prepare(photos.limit(0), "none", inputs={"content": "image"}, outputs={"animal": "class"}),
    lambda: headrace.train(table, "cnn", "run-3", ranks=3),
    lambda: headrace.train(table, "cnn", "run", ranks=2, settings={"train.seed": 5}),
):
    try:
        call()
    except HeadraceError as error:
        errors.append([type(error).__name__, str(error)])
found["errors"], found["after errors"] = errors, state() == before
print(json.dumps(found))
"""


@pytest.mark.long
@pytest.mark.timeout(600)
def test_program_trains_as_the_command_and_its_session_is_left_as_it_was(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [sys.executable, "program.py", str(photos), json.dumps(SETTINGS)]
    found = run(command, cwd=tmp_path, PYTHONPATH=str(ROOT)).json
    kept = [name for name in found if name.startswith("after")]
    assert {name: found[name] for name in kept} == dict.fromkeys(kept, True)
    assert len(kept) == 4
    assert found["history"] == [[1, 2, 3], ["accuracy", "loss", "seconds", "step", "val_accuracy", "val_loss"]]
    assert {"accuracy", "loss", "val_loss"} <= set(found["metrics"])
    assert (found["report"], found["html"], found["resumed"]) == (True, True, found["weights"])
    assert found["accuracy"] > 0.9
    assert found["right"] >= 36
    assert found["rejected"] == ["broken.png"]
    (empty, slots, other) = found["errors"]
    assert empty == ["DataError", "The DataFrame has no rows; expected at least two classes, or numbers."]
    assert slots[0] == "TrainingError"
    assert slots[1].startswith("train.ranks is 3, but local[2] has 2 free slots")
    assert other[0] == "ConfigurationError"
    assert "train.seed" in other[1]
    assert not (tmp_path / "none").exists()
    assert not (tmp_path / "run-3").exists()
    # The command trains on the table that the program has made, with the same settings.
    configuration = {
        "data": {"source": {"path": str(photos)}, "table": "table"},
        "prepare": {key.removeprefix("prepare."): value for key, value in SETTINGS.items()},
        "model": {"file": "cnn"},
        "train": {"run": "by-command", "ranks": 2, "epochs": 3, "batch_size": 4},
    }
    (tmp_path / "conf.yaml").write_text(yaml.safe_dump(configuration))
    trained = headrace("train", "conf.yaml", cwd=tmp_path).json
    assert trained["weights_sha256"] == found["weights"]
