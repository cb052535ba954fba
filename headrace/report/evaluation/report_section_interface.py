"""Interface of target kinds for the evaluation section of a run's page."""

from dataclasses import dataclass
from typing import Any, Protocol

from headrace.report.evaluation.evaluation_schema import TaskEvaluation
from headrace.targets.target_kind_loader import target_module


@dataclass(frozen=True)
class Headline:
    """The principal figure at the top of the page, as texts."""

    title: str
    value: str
    note: str


class Assessment(Protocol):
    """An evaluation and the values derived from it, for the template `TASK/report_section.html.jinja`."""

    @property
    def evaluation(self) -> TaskEvaluation:
        """The evaluation as stored."""

    @property
    def rows(self) -> int:
        """Number of evaluated rows."""

    @property
    def headline(self) -> Headline:
        """The principal figure."""


class ReportSectionInterface(Protocol):
    """The module `report_section` of a target kind."""

    @property
    def RECORD(self) -> type[TaskEvaluation]:  # noqa: N802 - the name of a constant
        """Type of the stored evaluation."""

    def assess(self, evaluation: Any) -> Assessment:
        """Return the values that the template shows of a `RECORD`."""


def report_section_module(task: str) -> ReportSectionInterface:
    """Return the page's part of the target kind `task`."""
    module: ReportSectionInterface = target_module(task, "report_section")
    return module
