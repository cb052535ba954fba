"""Interface of target kinds for the evaluation section of a run's page."""

from dataclasses import dataclass
from typing import Any, Protocol

from headrace.report.evaluation.evaluation_file import TaskEvaluation
from headrace.targets.target_kind_loader import target_module


@dataclass(frozen=True)
class Headline:
    """The principal figure at the top of the page, as texts."""

    title: str
    value: str
    note: str


class Assessment(Protocol):
    """An evaluation and the values derived from it, for the template `TASK/page.html.jinja`."""

    @property
    def evaluation(self) -> TaskEvaluation:
        """The evaluation as stored."""

    @property
    def rows(self) -> int:
        """Number of evaluated rows."""

    @property
    def headline(self) -> Headline:
        """The principal figure."""


class PageInterface(Protocol):
    """The module `page` of a target kind."""

    @property
    def RECORD(self) -> type[TaskEvaluation]:  # noqa: N802 - the name of a constant
        """Type of the stored evaluation."""

    def assess(self, evaluation: Any) -> Assessment:
        """Return the values that the template shows of a `RECORD`."""


def page_module(task: str) -> PageInterface:
    """Return the page's part of the target kind `task`."""
    module: PageInterface = target_module(task, "page")
    return module
