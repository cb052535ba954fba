"""The steps of a cycle in order, and the runner: it skips a completed step and records a step that completes."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from headrace.processes.own_command_line_and_utc_now import utc_now
from headrace.retrain.journal import Cycle
from headrace.retrain.journal_records import StepRecord
from headrace.retrain.steps import data_steps, model_steps, promote_predict_conclude
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
    Step("prepare", (), data_steps.prepare),
    Step("validate", ("prepare",), data_steps.validate),
    Step("train", ("prepare", "validate"), model_steps.train),
    Step("evaluate", ("validate", "train"), model_steps.evaluate),
    Step("register", ("train", "evaluate"), model_steps.register),
    Step("gate", ("validate", "train", "evaluate", "register"), model_steps.gate),
    Step("promote", ("validate", "register", "gate"), promote_predict_conclude.promote),
    Step("predict", ("promote",), promote_predict_conclude.predict),
    Step("conclude", ("promote", "predict"), promote_predict_conclude.conclude),
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
