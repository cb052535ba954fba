"""`headrace schedule` starts cycles on schedule, each in its own process, and stops on a signal."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from headrace.errors import ConfigurationError
from headrace.retrain.cycle_scheduler import trigger
from tests.support.commands import headrace
from tests.support.running_training import wait_for
from tests.support.workspace import write_configuration

pytestmark = [pytest.mark.spark, pytest.mark.horovod]

SECTIONS = """
registry: {folder: registry, model: clothes}
retrain: {folder: retraining}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder whose data were used already, so that a cycle ends within a second."""
    from headrace.config import load
    from headrace.retrain.cycle_selection import select_cycle
    from headrace.retrain.journal import Cycle, Journal
    from headrace.retrain.journal_records import Outcome
    from headrace.retrain.source_fingerprint import detect

    for name in ("cat", "dog"):
        (tmp_path / "raw" / name).mkdir(parents=True)
        (tmp_path / "raw" / name / "1.png").write_bytes(b"1")
    write_configuration(tmp_path, Path("raw"))
    with (tmp_path / "conf.yaml").open("a") as file:
        file.write(SECTIONS)
    previous = Path.cwd()
    os.chdir(tmp_path)
    try:
        cycle = select_cycle(Journal(tmp_path / "retraining"), detect(load("conf.yaml")), None, force=False)
    finally:
        os.chdir(previous)
    assert isinstance(cycle, Cycle)
    cycle.end(Outcome(decision="promoted", reasons=("it is the first",)))
    return tmp_path


def test_watch_starts_cycles_on_schedule(project: Path) -> None:
    result = headrace("schedule", "conf.yaml", "--every", "1s", "--times", "2", cwd=project)
    cycles = [json.loads(line) for line in result.stdout.splitlines()]
    assert [cycle["decision"] for cycle in cycles[:2]] == ["nothing to do"] * 2
    assert cycles[-1] == {"cycles": 2, "exit_codes": [0, 0]}


def test_retrain_without_new_data_is_fast_and_imports_no_frameworks(project: Path) -> None:
    assert headrace("retrain", "conf.yaml", cwd=project).json["seconds"] < 2
    code = (
        "import sys; from headrace.cli import main\n"
        "try: main(['retrain', 'conf.yaml'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('tensorflow', 'mlflow', 'py4j.java_gateway', 'pandas') if name in sys.modules])"
    )
    process = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True)
    assert "nothing to do" in process.stdout
    assert "tensorflow" not in process.stdout
    assert "mlflow" not in process.stdout


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_watch_stops_on_signal(project: Path, signal_number: signal.Signals) -> None:
    command = [sys.executable, "-m", "headrace", "schedule", "conf.yaml", "--every", "1h"]
    with subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True, start_new_session=True) as watch:
        assert watch.stdout
        assert wait_for(watch.stdout.readline).startswith('{"decision": "nothing to do"')
        watch.send_signal(signal_number)
        rest, _ = watch.communicate(timeout=60)
    assert watch.returncode == 0
    assert json.loads(rest.splitlines()[-1])["cycles"] == 1


@pytest.mark.parametrize(
    ("every", "cron", "message"),
    [
        (None, None, "either --every"),
        ("1h", "0 3 * * *", "either --every"),
        ("hourly", None, "is not an interval; expected a number and s, m, h, d or w"),
        ("0m", None, "is not an interval"),
        (None, "at noon", "is not a cron expression of five fields"),
    ],
)
def test_invalid_schedule_is_reported(every: str | None, cron: str | None, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        trigger(every, cron)


def test_trigger_parses_intervals_and_cron() -> None:
    assert str(trigger("90m", None)) == "interval[1:30:00]"
    assert "hour='3'" in str(trigger(None, "0 3 * * 1-5"))
