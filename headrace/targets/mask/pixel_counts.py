"""Scores of masks from counts of pixels by row and class, so that they can be summed and resampled. NumPy only.

A score of a class is undefined, NaN, where no pixel has the class or is predicted to have it; means are over the
classes with a score.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from headrace.contract import IGNORED_PIXEL
from headrace.evaluate.confidence_intervals import Intervals, sum_intervals

Masks = NDArray[np.uint8]
Counts = NDArray[np.int64]
Numbers = NDArray[np.float64]

# Counts of each class: pixels that have it and are predicted to, that have it, and that are predicted to have it.
KINDS = 3
# Pixels that are counted at once.
MAX_PIXELS = 2**22


def pixel_counts(true: Masks, predicted: Masks, classes: int) -> Counts:
    """Return the counts of each row, (rows, KINDS, classes), from masks (rows, height, width).

    Ignored pixels do not count, nor does a prediction of a class beyond `classes`, except that it is wrong.
    """
    # Counting takes some twenty bytes for each pixel.
    step = max(1, MAX_PIXELS // max(1, true[:1].size))
    parts = [slice(begin, begin + step) for begin in range(0, len(true), step)]
    empty = np.empty((0, KINDS, classes), np.int64)
    return np.concatenate([empty, *(_count_rows(true[part], predicted[part], classes) for part in parts)])


def _count_rows(true: Masks, predicted: Masks, classes: int) -> Counts:
    rows = len(true)
    number = np.arange(rows)[:, None, None] * classes
    valid = true != IGNORED_PIXEL

    def count(masks: Masks, selected: NDArray[np.bool_]) -> Counts:
        return np.bincount((number + masks)[selected], minlength=rows * classes).reshape(rows, classes)

    right = count(true, valid & (true == predicted))
    return np.stack([right, count(true, valid), count(predicted, valid & (predicted < classes))], axis=1)


def class_shares(counts: NDArray[np.generic]) -> dict[str, Numbers]:
    """Return IoU, Dice, precision and recall of each class from counts, (..., KINDS, classes): (..., classes) each.

    IoU is right / (true + predicted - right), Dice 2 right / (true + predicted).
    """
    right, true, predicted = np.moveaxis(np.asarray(counts, np.float64), -2, 0)
    union = true + predicted - right
    return {
        "iou": _share(right, union),
        "dice": _share(2 * right, true + predicted),
        "precision": _share(right, predicted),
        "recall": _share(right, true),
    }


def scores(counts: NDArray[np.generic]) -> dict[str, float]:
    """Return mean IoU, pixel accuracy and mean Dice of summed counts, (KINDS, classes)."""
    shares = class_shares(counts)
    right, true, _ = np.asarray(counts, np.float64)
    return {
        "mean_iou": _mean(shares["iou"]),
        "pixel_accuracy": float(right.sum() / true.sum()) if true.any() else 0.0,
        "mean_dice": _mean(shares["dice"]),
    }


def row_iou(counts: Counts) -> Numbers:
    """Return the mean IoU of each row, over its classes: (rows, KINDS, classes) -> (rows,)."""
    shares = class_shares(counts)["iou"]
    defined = ~np.isnan(shares)
    means: Numbers = np.where(defined, shares, 0.0).sum(-1) / np.maximum(defined.sum(-1), 1)
    return means


def score_intervals(counts: Counts) -> Intervals:
    """Return the intervals over rows of `scores`, and of `iou INDEX` and `dice INDEX` of each class."""

    def figures(sums: Numbers) -> dict[str, float]:
        found = sums[1:].reshape(counts.shape[1:])
        shares = class_shares(found)
        by_class = {f"{name} {index}": value for name in ("iou", "dice") for index, value in enumerate(shares[name])}
        return scores(found) | by_class

    return sum_intervals(figures, _terms([counts]))


def difference_intervals(before: Counts, after: Counts) -> Intervals:
    """Return the paired intervals of the differences of `scores`, and of `f1 INDEX` (Dice) of each class."""

    def figures(sums: Numbers) -> dict[str, float]:
        old, new = sums[1:].reshape(2, *before.shape[1:])
        one, other = scores(old), scores(new)
        dice = class_shares(new)["dice"] - class_shares(old)["dice"]
        return {name: other[name] - one[name] for name in one} | {f"f1 {index}": v for index, v in enumerate(dice)}

    return sum_intervals(figures, _terms([before, after]))


def _terms(counts: Sequence[Counts]) -> list[Counts]:
    return [column for one in counts for column in one.reshape(len(one), -1).T]


def _share(numerator: Numbers, denominator: Numbers) -> Numbers:
    return np.divide(numerator, denominator, out=np.full_like(numerator, np.nan), where=denominator != 0)


def _mean(values: Numbers) -> float:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else 0.0
