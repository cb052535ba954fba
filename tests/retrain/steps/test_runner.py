"""A step that is complete is skipped, one whose inputs have changed is done again, and a kill loses only one step."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from headrace.retrain.journal import Cycle, Journal
from headrace.retrain.records import Outcome
from headrace.retrain.steps.context import CycleContext, StepResult
from headrace.retrain.steps.runner import STEPS, Step, run_step

KILLED = """
import os, signal, sys
from pathlib import Path
from tests.retrain.steps.test_runner import a_cycle, counting, work_on
from headrace.retrain.steps.runner import run_step
from headrace.retrain.steps.context import StepResult

cycle = a_cycle(Path(sys.argv[1]))
log = Path(sys.argv[1]) / "log"
def die(work):
    os.kill(os.getpid(), signal.SIGKILL)
for step in counting(log, die_in=sys.argv[2], die=die):
    run_step(step, work_on(cycle))
"""


def a_cycle(folder: Path) -> Cycle:
    journal = Journal(folder)
    found = journal.cycles()
    return found[0] if found else journal.begin("data", "settings", None, forced=False)


def work_on(cycle: Cycle) -> CycleContext:
    """A step of these tests looks at nothing but the cycle."""
    return cast(CycleContext, SimpleNamespace(cycle=cycle))


def counting(log: Path, die_in: str = "", die: Any = None) -> list[Step]:
    """Three steps that note that they were done."""

    def run(name: str) -> Any:
        def noted(_: CycleContext) -> StepResult:
            with log.open("a") as file:
                file.write(name)
            return StepResult({"from": name})

        return die if name == die_in else noted

    return [Step("a", (), run("a")), Step("b", ("a",), run("b")), Step("c", ("a", "b"), run("c"))]


def test_complete_steps_are_skipped(tmp_path: Path) -> None:
    cycle, log = a_cycle(tmp_path), tmp_path / "log"
    for _ in range(2):
        outputs = [run_step(step, work_on(cycle)).output for step in counting(log)]
        assert outputs == [{"from": "a"}, {"from": "b"}, {"from": "c"}]
    assert log.read_text() == "abc"


def test_a_step_is_done_again_when_what_it_needs_is_another(tmp_path: Path) -> None:
    cycle, log = a_cycle(tmp_path), tmp_path / "log"
    for step in counting(log):
        run_step(step, work_on(cycle))
    (cycle.path / "b.json").unlink()
    for step in counting(log):
        run_step(step, work_on(cycle))
    # What `b` gives now was finished at another moment, so `c` was made from something else.
    assert log.read_text() in ("abcb", "abcbc")
    record = cycle.step("c")
    assert record
    assert record.inputs["b"] == cycle.digest("b")


def test_a_process_killed_in_a_step_loses_that_step_only(tmp_path: Path, root: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    for step, done in (("b", "a"), ("c", "ab"), ("a", "ab")):
        killed = subprocess.run([*command, step], cwd=root, env=os.environ, check=False)
        # With `a` complete there is nothing to die in, until `c`, which is done.
        assert killed.returncode == (0 if step == "a" else -signal.SIGKILL)
        assert (tmp_path / "log").read_text() == (done if step != "a" else "abc")


def test_an_outcome_ends_the_cycle_and_a_step_without_output_is_done_again(tmp_path: Path) -> None:
    cycle = a_cycle(tmp_path)
    refused = Outcome(decision="data refused", reasons=("broken",), exit_code=3)
    given = run_step(Step("a", (), lambda _: StepResult(None, refused)), work_on(cycle))
    assert given.outcome == refused
    assert cycle.outcome
    assert cycle.outcome.decision == "data refused"
    assert cycle.step("a") is None


def test_every_step_needs_only_steps_before_it() -> None:
    names = [step.name for step in STEPS]
    assert len(set(names)) == len(names)
    for place, step in enumerate(STEPS):
        assert set(step.needs) <= set(names[:place])


def test_the_command_line_knows_every_step() -> None:
    from typing import get_args

    from headrace.cli.retraining_verbs import Until

    assert get_args(Until) == tuple(step.name for step in STEPS)
