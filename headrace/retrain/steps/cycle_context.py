"""Context and result types of the steps of a cycle."""

from dataclasses import dataclass
from typing import Any

from headrace.config import Configuration
from headrace.config.sections.retraining import Retrain
from headrace.registry.registry_connection import RegistryConnection
from headrace.retrain.journal import Cycle, Journal
from headrace.retrain.journal_records import Outcome
from headrace.retrain.replaced_table_check import read_recorded
from headrace.table import Version


@dataclass(frozen=True, kw_only=True)
class CycleContext:
    """One cycle with its configuration, journal and registry, passed to every step."""

    configuration: Configuration
    settings: Retrain
    journal: Journal
    cycle: Cycle
    registry: RegistryConnection

    def output(self, step: str) -> dict[str, Any]:
        """Return the output of an earlier step."""
        return self.cycle.output(step)

    @property
    def version(self) -> Version:
        """Version of the table that this cycle has prepared.

        Raises:
            DataError: the table was replaced since, and its version of this number has other rows.
        """
        prepared = self.output("prepare")
        hint = f"that cycle {self.cycle.number} prepared; restore it, or remove {self.cycle.path} to prepare again"
        table = self.configuration.data.table
        return read_recorded(table, int(prepared["version"]), prepared.get("content_id", ""), hint)


@dataclass(frozen=True)
class StepResult:
    """The result of a step: an outcome ends the cycle, and a step without an output is run again later."""

    output: dict[str, Any] | None
    outcome: Outcome | None = None
