"""What the page says about an evaluation of many labels a row."""

from dataclasses import dataclass

from headrace.report.by_class import ByClass
from headrace.report.pictured import is_pixelated
from headrace.report.records import LabelEvaluation, LabelMistake


@dataclass(frozen=True)
class LabelAssessment:
    """An evaluation and what follows from it."""

    evaluation: LabelEvaluation

    @property
    def rows(self) -> int:
        """All that were evaluated."""
        return self.evaluation.rows

    @property
    def by_class(self) -> ByClass:
        """What is said of classes whatever the task."""
        return ByClass(self.evaluation)

    @property
    def worst(self) -> list[tuple[LabelMistake, bool]]:
        """The rows with the labels that were most surely wrong, and whether their picture is shown enlarged."""
        return [(mistake, is_pixelated(mistake.png)) for mistake in self.evaluation.worst]
