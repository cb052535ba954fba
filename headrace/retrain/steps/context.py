"""What every step of a cycle is given."""

from dataclasses import dataclass
from typing import Any

from headrace.config import Configuration
from headrace.config.sections.retraining import Retrain
from headrace.registry.store import Registry
from headrace.retrain.journal import Cycle, Journal
from headrace.retrain.records import Outcome
from headrace.table import Version, read


@dataclass(frozen=True, kw_only=True)
class CycleContext:
    """One cycle and what it works with."""

    configuration: Configuration
    settings: Retrain
    journal: Journal
    cycle: Cycle
    registry: Registry

    def output(self, step: str) -> dict[str, Any]:
        """What an earlier step gave."""
        return self.cycle.output(step)

    @property
    def version(self) -> Version:
        """Of the table, that this cycle has prepared."""
        return read(self.configuration.data.table, int(self.output("prepare")["version"]))


@dataclass(frozen=True)
class StepResult:
    """What a step gives; with an outcome the cycle ends here, and without an output the step is to be done again."""

    output: dict[str, Any] | None
    outcome: Outcome | None = None
