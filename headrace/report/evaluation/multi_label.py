"""The page's evaluation of a multi-label model."""

from dataclasses import dataclass

from headrace.html.image_rendering import is_pixelated
from headrace.report.evaluation.per_class import PerClass
from headrace.report.run_artifacts import MultiLabelEvaluation, MultiLabelMistake


@dataclass(frozen=True)
class MultiLabelAssessment:
    """An evaluation and the values derived from it."""

    evaluation: MultiLabelEvaluation

    @property
    def rows(self) -> int:
        """Number of evaluated rows."""
        return self.evaluation.rows

    @property
    def by_class(self) -> PerClass:
        """Scores, curves and slices by class."""
        return PerClass(self.evaluation)

    @property
    def worst(self) -> list[tuple[MultiLabelMistake, bool]]:
        """The rows with the most confident wrong labels, and whether their image is shown enlarged."""
        return [(mistake, is_pixelated(mistake.png)) for mistake in self.evaluation.worst]
