"""The page's per-class sections, for single-label and multi-label models: curves, calibration, scores, slices."""

from dataclasses import dataclass

from headrace.html.unit_square_chart import UnitChart
from headrace.report.evaluation.calibration_chart import reliability_chart
from headrace.report.evaluation.curves import curve_charts
from headrace.report.evaluation.evaluation_schema import ClassEvaluation, Scores
from headrace.report.evaluation.slices import SliceTable, slice_tables


@dataclass(frozen=True)
class Average:
    """Unweighted average over the classes that occur in the rows."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class PerClass:
    """The per-class sections of one evaluation."""

    evaluation: ClassEvaluation

    @property
    def charts(self) -> list[UnitChart]:
        """The ROC, precision-recall and calibration charts."""
        reliability = reliability_chart(self.evaluation)
        return [*curve_charts(self.evaluation), *([reliability] if reliability else [])]

    @property
    def slices(self) -> list[SliceTable]:
        """Metrics by slice."""
        return slice_tables(self.evaluation)

    @property
    def has_areas(self) -> bool:
        """Return whether any class has an area under its ROC curve."""
        return any(scores.roc_auc is not None for scores in self.evaluation.per_class.values())

    @property
    def has_counts(self) -> bool:
        """Return whether classes have counts of errors, which replace the confusion matrix of a multi-label model."""
        return any(scores.counts is not None for scores in self.evaluation.per_class.values())

    @property
    def present(self) -> int:
        """Number of classes that occur in the rows."""
        return sum(1 for scores in self.evaluation.per_class.values() if scores.support)

    @property
    def average(self) -> Average | None:
        """Mean of the scores of the classes that occur in the rows; None if there are none."""
        scores = [scores for scores in self.evaluation.per_class.values() if scores.support]
        return Average(*(_mean(scores, name) for name in ("precision", "recall", "f1"))) if scores else None


def _mean(scores: list[Scores], name: str) -> float:
    return float(sum(getattr(score, name) for score in scores)) / len(scores)
