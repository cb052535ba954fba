"""The content of the retraining page: a view of each cycle, read from the journal."""

from dataclasses import dataclass
from typing import Any

from headrace.registry.registry_connection import CHAMPION
from headrace.registry.version_registration_and_lookup import ModelRecord
from headrace.retrain.drift.drift_detection import FeatureDrift, drift_order
from headrace.retrain.gate.promotion_checks import Check
from headrace.retrain.journal import Cycle, Journal
from headrace.retrain.journal_records import Outcome, StepRecord
from headrace.retrain.steps.runner import NAMES

IN_PROGRESS = "in progress"
# CSS class of a decision: blue for success, orange for failure, as on all pages.
CSS_CLASSES = {"promoted": "right", "refused by the gate": "wrong", "data refused": "wrong", "failed": "wrong"}


@dataclass(frozen=True)
class CycleView:
    """The view of one cycle."""

    cycle: Cycle
    steps: dict[str, StepRecord]
    outcome: Outcome | None

    @property
    def decision(self) -> str:
        """Decision as text."""
        return self.outcome.decision if self.outcome else IN_PROGRESS

    @property
    def css_class(self) -> str:
        """CSS class of the decision."""
        return CSS_CLASSES.get(self.decision, "quiet")

    def output(self, step: str) -> dict[str, Any]:
        """Return the output of a step; empty if the step is not complete."""
        record = self.steps.get(step)
        return record.output if record else {}

    @property
    def prepared(self) -> dict[str, Any]:
        """Accounting of the prepared data version; empty if the cycle prepared none."""
        return self.output("prepare")

    @property
    def version(self) -> int | None:
        """Version of the model that the cycle registered; None if it registered none."""
        number: int | None = self.output("register").get("version")
        return number

    @property
    def champion(self) -> int | None:
        """Champion at the time of the cycle, whose weights training started from; None if there was none."""
        number: int | None = self.output("validate").get("champion")
        return number

    @property
    def checks(self) -> list[Check]:
        """Checks of the gate, failed ones first."""
        checks = (Check(**check) for check in self.output("gate").get("checks", ()))
        return sorted(checks, key=lambda check: check.passed)

    @property
    def distances(self) -> list[FeatureDrift]:
        """Distances of the new rows from the champion's: over all classes first, then by descending PSI."""
        distances = self.output("validate").get("drift", {}).get("distances", ())
        return sorted((FeatureDrift(**distance) for distance in distances), key=drift_order)

    @property
    def vanished_classes(self) -> list[str]:
        """Classes of the champion's training rows that no training row has any more."""
        return list(self.output("validate").get("drift", {}).get("vanished_classes", ()))

    @property
    def warnings(self) -> list[str]:
        """Warnings about the data that judge the challenger."""
        return list(self.output("validate").get("warnings", ()))

    @property
    def drifted(self) -> int:
        """Number of drifted distributions."""
        return sum(distance.drifted for distance in self.distances)

    def metric(self, model: str, name: str) -> float | None:
        """Return a metric of champion or challenger on the test split; None if it was not computed."""
        value: float | None = self.output("evaluate").get(model, {}).get("metrics", {}).get(name)
        return value

    @property
    def seconds(self) -> float:
        """Duration of all steps, in seconds."""
        return sum(record.seconds for record in self.steps.values())


@dataclass(frozen=True)
class HistoryView:
    """The view of all cycles.

    Attributes:
        model: name of the registered model.
        cycles: cycles of the journal, oldest first.
        versions: versions of the model.
        metric: metric that models are compared by.
    """

    model: str
    cycles: list[CycleView]
    versions: list[ModelRecord]
    metric: str

    @property
    def champion(self) -> ModelRecord | None:
        """Current champion; None if no version was promoted yet."""
        return next((version for version in self.versions if CHAMPION in version.aliases), None)

    @property
    def champion_metrics(self) -> dict[str, float]:
        """Metrics of the champion, from the cycle that trained it; empty if there is none."""
        version = self.champion.version if self.champion else None
        for cycle in self.cycles:
            if version is not None and cycle.version == version:
                metrics: dict[str, float] = cycle.output("evaluate")["challenger"]["metrics"]
                return metrics
        return {}

    def count(self, decision: str) -> int:
        """Return the number of cycles with this decision."""
        return sum(cycle.decision == decision for cycle in self.cycles)


def build_view(journal: Journal, model: str, versions: list[ModelRecord], metric: str | None) -> HistoryView:
    """Read the journal and return its view; `metric` defaults to the first metric that was computed."""
    cycles = [_cycle_view(cycle) for cycle in journal.cycles()]
    metrics = (cycle.output("evaluate").get("challenger", {}).get("metrics", {}) for cycle in cycles)
    computed = next((list(names) for names in metrics if names), ["accuracy"])
    return HistoryView(model, cycles, versions, metric or computed[0])


def _cycle_view(cycle: Cycle) -> CycleView:
    steps = {name: cycle.step(name) for name in NAMES}
    return CycleView(cycle, {name: record for name, record in steps.items() if record}, cycle.outcome)
