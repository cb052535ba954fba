"""The steps of a cycle in order, and the runner: it skips a completed step and records a step that completes."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from headrace.processes.command_line_and_time import utc_now
from headrace.retrain.journal import Cycle
from headrace.retrain.journal_records import StepRecord
from headrace.retrain.steps import challenger, prepare_and_detect_drift, promote_and_predict
from headrace.retrain.steps.cycle_context import CycleContext, StepResult

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """A step of a cycle; it stays complete as long as the outputs that it depends on do not change."""

    name: str
    needs: tuple[str, ...]
    run: Callable[[CycleContext], StepResult]

    def inputs(self, cycle: Cycle) -> dict[str, str]:
        """Return the hashes of the step records that this step depends on."""
        return {name: cycle.digest(name) for name in self.needs}

    def is_complete(self, cycle: Cycle) -> bool:
        """Return whether the step has run with its current inputs."""
        record = cycle.step(self.name)
        return record is not None and record.inputs == self.inputs(cycle)


STEPS: tuple[Step, ...] = (
    Step("prepare", (), prepare_and_detect_drift.prepare),
    Step("validate", ("prepare",), prepare_and_detect_drift.validate),
    Step("train", ("prepare", "validate"), challenger.train),
    Step("evaluate", ("validate", "train"), challenger.evaluate),
    Step("register", ("train", "evaluate"), challenger.register),
    Step("gate", ("validate", "train", "evaluate", "register"), challenger.gate),
    Step("promote", ("validate", "register", "gate"), promote_and_predict.promote),
    Step("predict", ("promote",), promote_and_predict.predict),
    Step("conclude", ("promote", "predict"), promote_and_predict.conclude),
)
NAMES = tuple(step.name for step in STEPS)


def run_step(step: Step, context: CycleContext) -> StepResult:
    """Run the step and record its output, or return the recorded output if it is complete."""
    cycle = context.cycle
    record = cycle.step(step.name)
    if record is not None and step.is_complete(cycle):
        return StepResult(record.output)
    log.info("Cycle %s: %s", cycle.number, step.name)
    start, inputs = time.monotonic(), step.inputs(cycle)
    result = step.run(context)
    if result.outcome is not None:
        # Written before the step's record: if the process dies in between, the step runs again and ends the cycle then.
        cycle.end(result.outcome)
    if result.output is not None:
        seconds = round(time.monotonic() - start, 3)
        record = StepRecord(inputs=inputs, output=result.output, seconds=seconds, finished=utc_now())
        cycle.write_step(step.name, record)
    return result
