"""The input and the result of a step of a cycle."""

from dataclasses import dataclass
from typing import Any

from headrace.config import Configuration
from headrace.config.sections.retraining import Retrain
from headrace.registry.model_registry import ModelRegistry
from headrace.retrain.journal import Cycle, Journal
from headrace.retrain.journal_records import Outcome
from headrace.table import Version, read


@dataclass(frozen=True, kw_only=True)
class CycleContext:
    """One cycle with its configuration, journal and registry, passed to every step."""

    configuration: Configuration
    settings: Retrain
    journal: Journal
    cycle: Cycle
    registry: ModelRegistry

    def output(self, step: str) -> dict[str, Any]:
        """Return the output of an earlier step."""
        return self.cycle.output(step)

    @property
    def version(self) -> Version:
        """Version of the table that this cycle has prepared."""
        return read(self.configuration.data.table, int(self.output("prepare")["version"]))


@dataclass(frozen=True)
class StepResult:
    """The result of a step: an outcome ends the cycle, and a step without an output is run again later."""

    output: dict[str, Any] | None
    outcome: Outcome | None = None
