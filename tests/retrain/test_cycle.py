"""A cycle on real images: a concurrent command, a killed process, its resumption and a repeated command."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from headrace.retrain.cycle import summarize
from headrace.retrain.journal import Journal
from headrace.retrain.journal_records import Outcome, StepRecord
from tests.retrain.daily_project import add_day, write_project
from tests.retrain.report.test_history_page import make_version
from tests.support.commands import child_cpu_seconds, headrace
from tests.support.running_training import list_checkpoints, wait_for

pytestmark = [pytest.mark.spark, pytest.mark.horovod]

SETTINGS = ("train.epochs=40", "retrain.predict={input: raw/test, output: predictions}")


def start_training(project: Path) -> "subprocess.Popen[str]":
    """Start `headrace retrain` in the background and wait for its first checkpoint."""
    command = [sys.executable, "-m", "headrace", "retrain", "conf.yaml", *SETTINGS]
    process = subprocess.Popen(command, cwd=project, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    run = project / "retraining" / "cycles" / "000001" / "run"
    wait_for(lambda: list_checkpoints(run) or process.poll() is not None, seconds=400)
    assert process.poll() is None, "it ended before it could be killed"
    return process


def kill(process: "subprocess.Popen[str]") -> None:
    """Kill the process with SIGKILL, and check that its child processes end as well."""
    children = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not psutil.wait_procs(children, timeout=60)[1]


@pytest.mark.long
@pytest.mark.slow
def test_waiting_command_resumes_killed_cycle(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project")
    add_day(project, 1, limit=600)
    first = start_training(project)

    second = headrace("retrain", "conf.yaml", *SETTINGS, cwd=project)
    assert second.json["decision"] == "already running"
    assert f"process {first.pid} on " in second.json["reasons"][0]

    waiting = subprocess.Popen(
        [sys.executable, "-m", "headrace", "retrain", "conf.yaml", *SETTINGS, "--wait"],
        cwd=project,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    cycle = project / "retraining" / "cycles" / "000001"
    prepared = (cycle / "prepare.json").stat().st_mtime_ns
    kill(first)
    out, err = waiting.communicate(timeout=400)
    assert waiting.returncode == 0, err[-3000:]
    assert f"was left by process {first.pid} on " in err
    assert "Resuming cycle 1" in err
    result = json.loads(out.splitlines()[-1])
    assert (result["decision"], result["cycle"], result["champion"]) == ("promoted", 1, 1)
    # Completed steps were not repeated, and training resumed from its checkpoint.
    assert (cycle / "prepare.json").stat().st_mtime_ns == prepared
    assert "All ranks are ready at step 0 " not in err

    # The new champion has predicted the rows of `retrain.predict`.
    summary = json.loads((project / "predictions" / "cycle-000001" / "_summary.json").read_text())
    assert (summary["rows"], summary["rejected"]) == (100, 0)

    before = child_cpu_seconds()
    third = headrace("retrain", "conf.yaml", *SETTINGS, cwd=project)
    assert third.json["decision"] == "nothing to do"
    assert child_cpu_seconds() - before < 5
    assert len(list((project / "retraining" / "cycles").iterdir())) == 1

    tracked = headrace("models", "list", "conf.yaml", cwd=project).json
    (version,) = tracked["versions"]
    assert version["aliases"] == ["champion"]
    assert Path(tracked["serving"]).resolve().name == "000001"


def test_result_of_refused_data_names_the_champion_that_stays(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    cycle = journal.begin("data", "settings", None, forced=False)
    cycle.end(Outcome(decision="data refused", reasons=("broken",), exit_code=3))
    result = summarize(cycle, journal, make_version(2, "champion"))
    assert (result["champion"], result["champion_data_version"]) == (2, 1)
    assert (result["version"], result["data_version"], result["test"]) == (None, None, None)


def test_result_has_the_metrics_of_champion_and_challenger(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    cycle = journal.begin("data", "settings", None, forced=False)
    output = {"rows": 500, "challenger": {"metrics": {"accuracy": 0.75}}, "champion": {"metrics": {"accuracy": 0.5}}}
    cycle.write_step("evaluate", StepRecord(inputs={}, output=output, seconds=1, finished=""))
    test = summarize(cycle, journal, None)["test"]
    assert test == {"rows": 500, "champion": {"accuracy": 0.5}, "challenger": {"accuracy": 0.75}}
