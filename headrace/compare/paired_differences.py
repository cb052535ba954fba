"""Differences between two models' predictions for the same rows, with paired 95 % bootstrap intervals. NumPy only."""

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headrace.compare.metrics import LOWER_IS_BETTER, scores
from headrace.compare.predictions import Predictions
from headrace.evaluate.bootstrap import Intervals, count_intervals, mean_intervals, sum_intervals
from headrace.evaluate.classifier_scores import (
    SMALLEST_PROBABILITY,
    ClassScore,
    class_scores,
    confusion_matrix,
    label_counts,
    micro_f1,
    scores_from_counts,
)
from headrace.evaluate.regression import error_terms, errors_from_sums

QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
# biased: one of the models was trained on some of the rows.
Verdict = Literal["better", "worse", "undecided", "biased"]


class Difference(NamedTuple):
    """By how much a figure of one model exceeds that of the reference, with its 95 % interval."""

    value: float
    interval: tuple[float, float]


def verdict(metric: str, difference: Difference, *, biased: bool = False) -> Verdict:
    """Return whether the model is better or worse than the reference; undecided if the interval contains 0."""
    if biased:
        return "biased"
    low, high = difference.interval
    if low <= 0 <= high:
        return "undecided"
    return "better" if (low > 0) != (metric in LOWER_IS_BETTER) else "worse"


def metric_differences(task: str, reference: Predictions, other: Predictions) -> dict[str, Difference]:
    """Return the difference of each metric of `task`; both models predict the same rows, at least one."""
    before, after = scores(task, reference), scores(task, other)
    if _are_equal(reference, other):
        # Rounding in resampled sums would look like a difference.
        return {name: Difference(0.0, (0.0, 0.0)) for name in before}
    intervals = _METRIC_INTERVALS[task](reference, other)
    return {name: Difference(after[name] - before[name], intervals[name]) for name in before}


def class_scores_of(task: str, predictions: Predictions, classes: int) -> list[ClassScore]:
    """Return precision, recall, F1 and support of each class, or of each label of a multi-label task."""
    if task == "multi_label":
        return scores_from_counts(*label_counts(predictions.true, predictions.predicted))
    return class_scores(confusion_matrix(predictions.true, predictions.predicted, classes))


def class_differences(task: str, reference: Predictions, other: Predictions, classes: int) -> list[Difference]:
    """Return the difference of each class's F1, in order."""
    if task == "multi_label":
        intervals = _label_intervals(reference, other)
    else:
        intervals = _confusion_intervals(reference, other, classes)
    pairs = zip(class_scores_of(task, reference, classes), class_scores_of(task, other, classes), strict=True)
    return [Difference(after.f1 - before.f1, intervals[f"f1 {index}"]) for index, (before, after) in enumerate(pairs)]


def error_quantiles(predictions: Predictions) -> dict[float, float]:
    """Return the `QUANTILES` of the absolute errors of a regression model."""
    errors = np.abs(predictions.predicted - predictions.true)
    return dict(zip(QUANTILES, np.quantile(errors, QUANTILES).tolist(), strict=True))


def _are_equal(reference: Predictions, other: Predictions) -> bool:
    pairs = ((reference.predicted, other.predicted), (reference.likelihood, other.likelihood))
    return all(np.array_equal(before, after) for before, after in pairs)


def _classification(reference: Predictions, other: Predictions) -> Intervals:
    right = [(model.predicted == model.true).astype(np.float64) for model in (reference, other)]
    losses = [_losses(model) for model in (reference, other)]
    classes = 1 + int(max(reference.true.max(), reference.predicted.max(), other.predicted.max()))
    f1 = _confusion_intervals(reference, other, classes)
    return mean_intervals({"accuracy": right[1] - right[0], "loss": losses[1] - losses[0]}) | {
        "macro_f1": f1["macro_f1"]
    }


def _multi_label(reference: Predictions, other: Predictions) -> Intervals:
    right = [(model.predicted == model.true).mean(1) for model in (reference, other)]
    losses = [_losses(model) for model in (reference, other)]
    f1 = _label_intervals(reference, other)
    return mean_intervals({"binary_accuracy": right[1] - right[0], "loss": losses[1] - losses[0]}) | {
        name: f1[name] for name in ("macro_f1", "micro_f1")
    }


def _regression(reference: Predictions, other: Predictions) -> Intervals:
    terms = [error_terms(model.true, model.predicted) for model in (reference, other)]
    size = len(terms[0])

    def figures(sums: NDArray[np.float64]) -> dict[str, float]:
        rows, sums = sums[:1], sums[1:]
        before, after = (errors_from_sums(np.concatenate([rows, sums[start : start + size]])) for start in (0, size))
        return {name: after[name] - before[name] for name in before}

    return sum_intervals(figures, [*terms[0], *terms[1]])


_METRIC_INTERVALS = {"classification": _classification, "multi_label": _multi_label, "regression": _regression}


def _losses(predictions: Predictions) -> NDArray[np.float64]:
    losses: NDArray[np.float64] = -np.log(np.clip(predictions.likelihood, SMALLEST_PROBABILITY, 1.0))
    return losses


def _confusion_intervals(reference: Predictions, other: Predictions, classes: int) -> Intervals:
    """Return the intervals of the differences of `macro_f1`, over the classes that occur, and of `f1 INDEX`.

    Rows are counted by true class and both predictions, so that the time does not depend on the number of rows.
    """
    rows = np.stack([reference.true, reference.predicted, other.predicted], axis=1)
    cells, counts = np.unique(rows, axis=0, return_counts=True)
    present = np.unique(reference.true)

    def figures(sample: NDArray[np.int64]) -> dict[str, float]:
        before, after = (_cell_f1(cells[:, 0], cells[:, column], sample, classes) for column in (1, 2))
        return _f1_figures(after - before, present)

    return count_intervals(figures, counts)


def _cell_f1(
    true: NDArray[np.int64], predicted: NDArray[np.int64], counts: NDArray[np.int64], classes: int
) -> NDArray[np.float64]:
    right = np.bincount(true, counts * (true == predicted), classes)
    return _f1(right, np.bincount(predicted, counts, classes), np.bincount(true, counts, classes))


def _label_intervals(reference: Predictions, other: Predictions) -> Intervals:
    """Return the intervals of the differences of `macro_f1`, over the labels that occur, `micro_f1`, `f1 INDEX`."""
    labels = reference.true.shape[1]
    present = np.flatnonzero(reference.true.any(0))
    masks = [mask for model in (reference, other) for mask in _outcomes(model)]

    def figures(sums: NDArray[np.float64]) -> dict[str, float]:
        pair = sums[1:].reshape(2, 3, labels)
        before, after = (_f1(right, right + extra, right + missing) for right, extra, missing in pair)
        return _f1_figures(after - before, present) | {"micro_f1": micro_f1(pair[1]) - micro_f1(pair[0])}

    return sum_intervals(figures, [mask[:, index] for mask in masks for index in range(labels)])


def _outcomes(model: Predictions) -> tuple[NDArray[np.bool_], ...]:
    return model.predicted & model.true, model.predicted & ~model.true, ~model.predicted & model.true


def _f1(right: NDArray[Any], predicted: NDArray[Any], support: NDArray[Any]) -> NDArray[np.float64]:
    """Return F1 by class: 2 x right / (predicted + support); 0 for a class that neither occurs nor is predicted."""
    total = (predicted + support).astype(np.float64)
    f1: NDArray[np.float64] = np.divide(2.0 * right, total, out=np.zeros_like(total), where=total != 0)
    return f1


def _f1_figures(differences: NDArray[np.float64], present: NDArray[np.int64]) -> dict[str, float]:
    macro = float(differences[present].mean()) if len(present) else 0.0
    return {"macro_f1": macro} | {f"f1 {index}": value for index, value in enumerate(differences.tolist())}
