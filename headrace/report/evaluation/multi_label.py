"""What the page says about an evaluation of many labels a row."""

from dataclasses import dataclass

from headrace.html.image_rendering import is_pixelated
from headrace.report.artifacts import MultiLabelEvaluation, MultiLabelMistake
from headrace.report.evaluation.per_class import PerClass


@dataclass(frozen=True)
class MultiLabelAssessment:
    """An evaluation and what follows from it."""

    evaluation: MultiLabelEvaluation

    @property
    def rows(self) -> int:
        """All that were evaluated."""
        return self.evaluation.rows

    @property
    def by_class(self) -> PerClass:
        """What is said of classes whatever the task."""
        return PerClass(self.evaluation)

    @property
    def worst(self) -> list[tuple[MultiLabelMistake, bool]]:
        """The rows with the labels that were most surely wrong, and whether their picture is shown enlarged."""
        return [(mistake, is_pixelated(mistake.png)) for mistake in self.evaluation.worst]
