"""A completed step is skipped, a step with changed inputs runs again, and a killed process loses only one step."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from headrace.retrain.journal import Cycle, Journal
from headrace.retrain.journal_records import Outcome
from headrace.retrain.steps.cycle_context import CycleContext, StepResult
from headrace.retrain.steps.runner import STEPS, Step, run_step

pytestmark = pytest.mark.tensorflow

KILLED = """
import os, signal, sys
from pathlib import Path
from tests.retrain.steps.test_runner import context_for, logging_steps, open_cycle
from headrace.retrain.steps.runner import run_step
from headrace.retrain.steps.cycle_context import StepResult

cycle = open_cycle(Path(sys.argv[1]))
log = Path(sys.argv[1]) / "log"
def die(context):
    os.kill(os.getpid(), signal.SIGKILL)
for step in logging_steps(log, die_in=sys.argv[2], die=die):
    run_step(step, context_for(cycle))
"""


def open_cycle(folder: Path) -> Cycle:
    """Return the first cycle of the journal in `folder`; begin it if there is none."""
    journal = Journal(folder)
    cycles = journal.cycles()
    return cycles[0] if cycles else journal.begin("data", "settings", None, forced=False)


def context_for(cycle: Cycle) -> CycleContext:
    """Return a context with a cycle only, which is all that the steps of these tests use."""
    return cast(CycleContext, SimpleNamespace(cycle=cycle))


def logging_steps(log: Path, die_in: str = "", die: Any = None) -> list[Step]:
    """Return three steps that append their names to the log when they run."""

    def run(name: str) -> Any:
        def log_run(_: CycleContext) -> StepResult:
            with log.open("a") as file:
                file.write(name)
            return StepResult({"from": name})

        return die if name == die_in else log_run

    return [Step("a", (), run("a")), Step("b", ("a",), run("b")), Step("c", ("a", "b"), run("c"))]


def test_completed_steps_are_skipped(tmp_path: Path) -> None:
    cycle, log = open_cycle(tmp_path), tmp_path / "log"
    for _ in range(2):
        outputs = [run_step(step, context_for(cycle)).output for step in logging_steps(log)]
        assert outputs == [{"from": "a"}, {"from": "b"}, {"from": "c"}]
    assert log.read_text() == "abc"


def test_step_runs_again_when_its_inputs_change(tmp_path: Path) -> None:
    cycle, log = open_cycle(tmp_path), tmp_path / "log"
    for step in logging_steps(log):
        run_step(step, context_for(cycle))
    (cycle.path / "b.json").unlink()
    for step in logging_steps(log):
        run_step(step, context_for(cycle))
    # The new record of `b` has another finishing time, so the input hash of `c` changes.
    assert log.read_text() in ("abcb", "abcbc")
    record = cycle.step("c")
    assert record
    assert record.inputs["b"] == cycle.digest("b")


def test_killed_process_loses_only_the_running_step(tmp_path: Path, root: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    for step, done in (("b", "a"), ("c", "ab"), ("a", "ab")):
        killed = subprocess.run([*command, step], cwd=root, env=os.environ, check=False)
        # With `a` complete, the process does not reach the killing step and completes `c`.
        assert killed.returncode == (0 if step == "a" else -signal.SIGKILL)
        assert (tmp_path / "log").read_text() == (done if step != "a" else "abc")


def test_outcome_ends_cycle_and_step_without_output_stays_open(tmp_path: Path) -> None:
    cycle = open_cycle(tmp_path)
    refused = Outcome(decision="data refused", reasons=("broken",), exit_code=3)
    result = run_step(Step("a", (), lambda _: StepResult(None, refused)), context_for(cycle))
    assert result.outcome == refused
    assert cycle.outcome
    assert cycle.outcome.decision == "data refused"
    assert cycle.step("a") is None


def test_steps_depend_only_on_earlier_steps() -> None:
    names = [step.name for step in STEPS]
    assert len(set(names)) == len(names)
    for index, step in enumerate(STEPS):
        assert set(step.needs) <= set(names[:index])


def test_command_line_accepts_every_step() -> None:
    from typing import get_args

    from headrace.cli.retrain_and_schedule_commands import Until

    assert get_args(Until) == tuple(step.name for step in STEPS)
