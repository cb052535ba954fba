"""`headrace watch` begins cycles by the clock, each a process of its own, and stops when it is told to."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from headrace.errors import ConfigurationError
from headrace.retrain.watch import trigger
from tests.support.commands import headrace
from tests.support.running_training import wait_for
from tests.support.workspace import write_configuration

SECTIONS = """
registry: {folder: registry, model: clothes}
retrain: {folder: retraining}
"""


@pytest.fixture
def decided(tmp_path: Path) -> Path:
    """A folder whose data were judged already, so that a cycle is a second's work."""
    from headrace.config import load
    from headrace.retrain.journal import Cycle, Journal
    from headrace.retrain.new_data import cycle_for, detect
    from headrace.retrain.records import Outcome

    for name in ("cat", "dog"):
        (tmp_path / "raw" / name).mkdir(parents=True)
        (tmp_path / "raw" / name / "1.png").write_bytes(b"1")
    write_configuration(tmp_path, Path("raw"))
    with (tmp_path / "conf.yaml").open("a") as file:
        file.write(SECTIONS)
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        found = cycle_for(Journal(tmp_path / "retraining"), detect(load("conf.yaml")), None, force=False)
    finally:
        os.chdir(here)
    assert isinstance(found, Cycle)
    found.end(Outcome(decision="promoted", reasons=("it is the first",)))
    return tmp_path


def test_it_begins_a_cycle_now_and_again_after_the_time(decided: Path) -> None:
    answer = headrace("watch", "conf.yaml", "--every", "1s", "--times", "2", cwd=decided)
    cycles = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [cycle["decision"] for cycle in cycles[:2]] == ["nothing to do"] * 2
    assert cycles[-1] == {"cycles": 2, "exit_codes": [0, 0]}


def test_nothing_to_do_is_about_a_seconds_work_and_imports_nothing_heavy(decided: Path) -> None:
    assert headrace("retrain", "conf.yaml", cwd=decided).json["seconds"] < 2
    code = (
        "import sys; from headrace.cli import main\n"
        "try: main(['retrain', 'conf.yaml'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('tensorflow', 'mlflow', 'py4j.java_gateway', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=decided, capture_output=True, text=True, check=True)
    assert "nothing to do" in done.stdout
    assert "tensorflow" not in done.stdout
    assert "mlflow" not in done.stdout


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_it_is_told_to(decided: Path, sent: signal.Signals) -> None:
    command = [sys.executable, "-m", "headrace", "watch", "conf.yaml", "--every", "1h"]
    with subprocess.Popen(command, cwd=decided, stdout=subprocess.PIPE, text=True, start_new_session=True) as watch:
        assert watch.stdout
        assert wait_for(watch.stdout.readline).startswith('{"decision": "nothing to do"')
        watch.send_signal(sent)
        rest, _ = watch.communicate(timeout=60)
    assert watch.returncode == 0
    assert json.loads(rest.splitlines()[-1])["cycles"] == 1


@pytest.mark.parametrize(
    ("every", "cron", "message"),
    [
        (None, None, "either --every"),
        ("1h", "0 3 * * *", "either --every"),
        ("hourly", None, "is no time; expected a number and s, m, h, d or w"),
        ("0m", None, "is no time"),
        (None, "at noon", "is no cron expression of five fields"),
    ],
)
def test_a_time_that_is_none_is_a_sentence(every: str | None, cron: str | None, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        trigger(every, cron)


def test_times_are_read_as_they_are_written() -> None:
    assert str(trigger("90m", None)) == "interval[1:30:00]"
    assert "hour='3'" in str(trigger(None, "0 3 * * 1-5"))
