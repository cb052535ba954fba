"""What the evaluation sections of several target kinds have in common."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from headrace.report.evaluation.evaluation_schema import TaskEvaluation
from headrace.report.evaluation.slices import SliceTable, slice_tables

StoredEvaluation = TypeVar("StoredEvaluation", bound=TaskEvaluation)


@dataclass(frozen=True)
class EvaluationView(Generic[StoredEvaluation]):
    """An evaluation and the values derived from it."""

    evaluation: StoredEvaluation

    @property
    def rows(self) -> int:
        """Number of evaluated rows."""
        return self.evaluation.rows

    @property
    def slices(self) -> list[SliceTable]:
        """Metrics by slice."""
        return slice_tables(self.evaluation)
