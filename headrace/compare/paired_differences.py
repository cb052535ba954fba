"""Differences between two models' predictions for the same rows, with paired 95 % bootstrap intervals. NumPy only."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headrace.compare.comparison_metrics import LOWER_IS_BETTER, scores
from headrace.compare.deciding_row_counts import deciding_rows, min_deciding_rows
from headrace.compare.row_predictions import Predictions
from headrace.evaluate.classifier_scores import SMALLEST_PROBABILITY, ClassScore
from headrace.evaluate.confidence_intervals import CONFIDENCE, Intervals
from headrace.targets.comparison_interface import comparison_module

# biased: one of the models was trained on some of the rows.
Verdict = Literal["better", "worse", "undecided", "biased"]


# A bootstrap of fewer rows underestimates the variation: by chance, one model is better on all of five rows in 1 of 16
# cases.
MIN_DECIDING_ROWS = min_deciding_rows(1 - (1 - CONFIDENCE) / 2)
# Resampled sums of equal figures differ by less than this fraction of them.
ROUNDING = 1e-12


class Difference(NamedTuple):
    """By how much a figure of one model exceeds that of the reference, with its 95 % interval.

    Attributes:
        deciding_rows: number of rows on which the models differ; of accuracy, on which exactly one is right.
    """

    value: float
    interval: tuple[float, float]
    deciding_rows: int

    def as_json(self, metric: str, *, biased: bool) -> dict[str, Any]:
        """Return the difference of `metric` with its verdict."""
        return {
            "difference": self.value,
            "interval": list(self.interval),
            "verdict": verdict(metric, self, biased=biased),
            "deciding_rows": self.deciding_rows,
        }

    def without_rounding(self, scale: float) -> "Difference":
        """Return the difference with 0 for what is only the rounding of figures up to `scale`."""
        value, low, high = (0.0 if abs(one) < ROUNDING * scale else one for one in (self.value, *self.interval))
        return Difference(value, (low, high), self.deciding_rows)


class ClassComparison(NamedTuple):
    """The functions by which a target kind scores its classes.

    Attributes:
        scores: returns precision, recall, F1 and support of each of a number of classes.
        intervals: returns the intervals of the differences between two models, among them `f1 INDEX` of each class.
    """

    scores: Callable[[Predictions, int], list[ClassScore]]
    intervals: Callable[[Predictions, Predictions, int], Intervals]

    def differences(self, reference: Predictions, other: Predictions, classes: int) -> list[Difference]:
        """Return the difference of each class's F1, in order."""
        intervals, rows = self.intervals(reference, other, classes), deciding_rows("f1", reference, other)
        pairs = zip(self.scores(reference, classes), self.scores(other, classes), strict=True)
        found = (Difference(new.f1 - old.f1, intervals[f"f1 {index}"], rows) for index, (old, new) in enumerate(pairs))
        return [difference.without_rounding(1.0) for difference in found]


def verdict(metric: str, difference: Difference, *, biased: bool = False) -> Verdict:
    """Return whether the model is better or worse than the reference.

    Undecided if the interval contains 0, or if too few rows distinguish the models.
    """
    if biased:
        return "biased"
    low, high = difference.interval
    if low <= 0 <= high or difference.deciding_rows < MIN_DECIDING_ROWS:
        return "undecided"
    return "better" if (low > 0) != (metric in LOWER_IS_BETTER) else "worse"


def metric_differences(task: str, reference: Predictions, other: Predictions) -> dict[str, Difference]:
    """Return the difference of each metric of `task`; both models predict the same rows, at least one."""
    before, after = scores(task, reference), scores(task, other)
    if _are_equal(reference, other):
        # Rounding in resampled sums would look like a difference.
        return {name: Difference(0.0, (0.0, 0.0), 0) for name in before}
    intervals = comparison_module(task).difference_intervals(reference, other)
    return {
        name: Difference(
            after[name] - before[name], intervals[name], deciding_rows(name, reference, other)
        ).without_rounding(max(abs(before[name]), abs(after[name])))
        for name in before
    }


def class_details(
    compare: ClassComparison, models: Mapping[str, Predictions], classes: Sequence[str], biased: set[str]
) -> dict[str, Any]:
    """Return scores of each class by model, and the differences of F1 from the first model, as JSON values."""
    (first, reference), *others = models.items()
    found = {name: compare.scores(predictions, len(classes)) for name, predictions in models.items()}
    differences = {name: compare.differences(reference, other, len(classes)) for name, other in others}
    return {
        class_name: {
            "rows": found[first][index].support,
            **{
                figure: {name: getattr(class_scores[index], figure) for name, class_scores in found.items()}
                for figure in ("f1", "precision", "recall")
            },
            "differences": {
                name: by_class[index].as_json("f1", biased=name in biased) for name, by_class in differences.items()
            },
        }
        for index, class_name in enumerate(classes)
    }


def losses(predictions: Predictions) -> NDArray[np.float64]:
    """Return -ln(probability of the truth) of each row, in nats."""
    found: NDArray[np.float64] = -np.log(np.clip(predictions.likelihood, SMALLEST_PROBABILITY, 1.0))
    return found


def f1_scores(right: NDArray[Any], predicted: NDArray[Any], support: NDArray[Any]) -> NDArray[np.float64]:
    """Return F1 by class: 2 x right / (predicted + support); NaN for a class that neither occurs nor is predicted."""
    total = (predicted + support).astype(np.float64)
    f1: NDArray[np.float64] = np.divide(2.0 * right, total, out=np.full_like(total, np.nan), where=total != 0)
    return f1


def f1_figures(differences: NDArray[np.float64], support: NDArray[Any]) -> dict[str, float]:
    """Return `macro_f1` over the classes that have rows by `support`, NaN without any, and `f1 INDEX` of each class."""
    macro = float(differences[support > 0].mean()) if support.any() else np.nan
    return {"macro_f1": macro} | {f"f1 {index}": value for index, value in enumerate(differences.tolist())}


def _are_equal(reference: Predictions, other: Predictions) -> bool:
    pairs = ((reference.predicted, other.predicted), (reference.likelihood, other.likelihood))
    return all(np.array_equal(before, after) for before, after in pairs)
