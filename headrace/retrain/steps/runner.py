"""The steps of a cycle, in order, and how one is done: skipped when it is complete, kept when it has just become so."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from headrace.provenance import utc_now
from headrace.retrain.journal import Cycle
from headrace.retrain.records import StepRecord
from headrace.retrain.steps import data, model, release
from headrace.retrain.steps.context import CycleContext, StepResult

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """One of them; its output is complete as long as the outputs that it needs are those it was made from."""

    name: str
    needs: tuple[str, ...]
    run: Callable[[CycleContext], StepResult]

    def inputs(self, cycle: Cycle) -> dict[str, str]:
        """Hashes of what it needs."""
        return {name: cycle.digest(name) for name in self.needs}

    def is_complete(self, cycle: Cycle) -> bool:
        """Whether it need not be done again."""
        record = cycle.step(self.name)
        return record is not None and record.inputs == self.inputs(cycle)


STEPS: tuple[Step, ...] = (
    Step("prepare", (), data.prepare),
    Step("validate", ("prepare",), data.validate),
    Step("train", ("prepare", "validate"), model.train),
    Step("evaluate", ("validate", "train"), model.evaluate),
    Step("register", ("train", "evaluate"), model.register),
    Step("gate", ("validate", "evaluate", "register"), model.gate),
    Step("promote", ("validate", "register", "gate"), release.promote),
    Step("predict", ("promote",), release.predict),
    Step("conclude", ("promote", "predict"), release.conclude),
)
NAMES = tuple(step.name for step in STEPS)


def run_step(step: Step, work: CycleContext) -> StepResult:
    """Do the step, or find it done."""
    cycle = work.cycle
    record = cycle.step(step.name)
    if record is not None and step.is_complete(cycle):
        return StepResult(record.output)
    log.info("Cycle %s: %s", cycle.number, step.name)
    began, inputs = time.monotonic(), step.inputs(cycle)
    given = step.run(work)
    if given.outcome is not None:
        # Before the step's record: who dies in between does the step again and ends the cycle then.
        cycle.end(given.outcome)
    if given.output is not None:
        seconds = round(time.monotonic() - began, 3)
        cycle.keep_step(step.name, StepRecord(inputs=inputs, output=given.output, seconds=seconds, finished=utc_now()))
    return given
