"""What the page says of classes, whether a row has one or many: curves, calibration, scores, slices."""

from dataclasses import dataclass

from headrace.html.unit_square_chart import UnitChart
from headrace.report.artifacts import ClassEvaluation, Scores
from headrace.report.evaluation.calibration import reliability_chart
from headrace.report.evaluation.curves import curve_charts
from headrace.report.evaluation.slices import SliceTable, slice_tables


@dataclass(frozen=True)
class Average:
    """Over all classes, each weighing the same."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class PerClass:
    """Of one evaluation."""

    judgement: ClassEvaluation

    @property
    def squares(self) -> list[UnitChart]:
        """ROC, precision and recall, calibration."""
        reliability = reliability_chart(self.judgement)
        return [*curve_charts(self.judgement), *([reliability] if reliability else [])]

    @property
    def slices(self) -> list[SliceTable]:
        """The figures within parts of the rows."""
        return slice_tables(self.judgement)

    @property
    def has_areas(self) -> bool:
        """Whether classes have the areas under their curves."""
        return any(scores.roc_auc is not None for scores in self.judgement.per_class.values())

    @property
    def has_counts(self) -> bool:
        """Whether each class has counts of its own, and there is no confusion matrix."""
        return any(scores.counts is not None for scores in self.judgement.per_class.values())

    @property
    def average(self) -> Average | None:
        """Of the classes' scores; None where there are none."""
        scores = list(self.judgement.per_class.values())
        return Average(*(_mean(scores, name) for name in ("precision", "recall", "f1"))) if scores else None


def _mean(scores: list[Scores], name: str) -> float:
    return float(sum(getattr(score, name) for score in scores)) / len(scores)
