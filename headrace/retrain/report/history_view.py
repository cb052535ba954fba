"""What the page of retraining tells of each cycle, read from the journal."""

from dataclasses import dataclass
from typing import Any

from headrace.registry.store import CHAMPION
from headrace.registry.versions import ModelRecord
from headrace.retrain.drift.assessment import Distance, drift_order
from headrace.retrain.gate.checks import Check
from headrace.retrain.journal import Cycle, Journal
from headrace.retrain.records import Outcome, StepRecord
from headrace.retrain.steps.runner import NAMES

UNDER_WAY = "under way"
# How a decision looks: blue is good, orange is bad, as everywhere on the pages.
TONES = {"promoted": "right", "refused by the gate": "wrong", "data refused": "wrong", "failed": "wrong"}


@dataclass(frozen=True)
class CycleView:
    """One cycle."""

    cycle: Cycle
    steps: dict[str, StepRecord]
    outcome: Outcome | None

    @property
    def decision(self) -> str:
        """In words."""
        return self.outcome.decision if self.outcome else UNDER_WAY

    @property
    def tone(self) -> str:
        """A class of the style."""
        return TONES.get(self.decision, "quiet")

    def given(self, step: str) -> dict[str, Any]:
        """What a step gave; empty where it is not complete."""
        record = self.steps.get(step)
        return record.output if record else {}

    @property
    def prepared(self) -> dict[str, Any]:
        """The account of the data version, if there is one."""
        return self.given("prepare")

    @property
    def version(self) -> int | None:
        """Of the model, that was made."""
        number: int | None = self.given("register").get("version")
        return number

    @property
    def against(self) -> int | None:
        """The champion when the cycle looked, whose weights it began with."""
        number: int | None = self.given("validate").get("champion")
        return number

    @property
    def checks(self) -> list[Check]:
        """Of the gate; the failed ones first."""
        return sorted((Check(**check) for check in self.given("gate").get("checks", ())), key=lambda one: one.passed)

    @property
    def distances(self) -> list[Distance]:
        """Of the new rows from the champion's: those of all classes first, then the largest."""
        found = [Distance(**one) for one in self.given("validate").get("drift", {}).get("distances", ())]
        return sorted(found, key=drift_order)

    @property
    def drifted(self) -> int:
        """How many of them are more than chance and the bound allow."""
        return sum(one.drifted for one in self.distances)

    def metric(self, model: str, name: str) -> float | None:
        """Of champion or challenger on the test split."""
        value: float | None = self.given("evaluate").get(model, {}).get("metrics", {}).get(name)
        return value

    @property
    def seconds(self) -> float:
        """Of all its steps."""
        return sum(record.seconds for record in self.steps.values())


@dataclass(frozen=True)
class HistoryView:
    """All of them, oldest first."""

    model: str
    chapters: list[CycleView]
    versions: list[ModelRecord]
    metric: str

    @property
    def champion(self) -> ModelRecord | None:
        """The version that serves."""
        return next((version for version in self.versions if CHAMPION in version.aliases), None)

    @property
    def champion_figures(self) -> dict[str, float]:
        """Of the champion, from the cycle that made it."""
        version = self.champion.version if self.champion else None
        for chapter in self.chapters:
            if version is not None and chapter.version == version:
                figures: dict[str, float] = chapter.given("evaluate")["challenger"]["metrics"]
                return figures
        return {}

    def count(self, decision: str) -> int:
        """How many cycles ended so."""
        return sum(chapter.decision == decision for chapter in self.chapters)


def build_view(journal: Journal, model: str, versions: list[ModelRecord], metric: str | None) -> HistoryView:
    """Read the journal; the metric is that of the gate, or the first that was measured."""
    chapters = [_chapter(cycle) for cycle in journal.cycles()]
    figures = (chapter.given("evaluate").get("challenger", {}).get("metrics", {}) for chapter in chapters)
    measured = next((list(one) for one in figures if one), ["accuracy"])
    return HistoryView(model, chapters, versions, metric or measured[0])


def _chapter(cycle: Cycle) -> CycleView:
    steps = {name: cycle.step(name) for name in NAMES}
    return CycleView(cycle, {name: record for name, record in steps.items() if record}, cycle.outcome)
