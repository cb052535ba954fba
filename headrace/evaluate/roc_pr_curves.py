"""Exact ROC and precision-recall curves of one class against the rest; rows of equal score share a threshold.

Fawcett: An introduction to ROC analysis. Pattern Recognition Letters 27 (2006).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

# A thinned curve has at most four points in each of this many intervals.
INTERVALS = 64
# Only the classes with the lowest average precision keep curves to draw; every class keeps its areas.
MAX_CURVES = 10

Points = list[tuple[float, float]]
Areas = dict[str, float | None]


@dataclass(frozen=True)
class Curves:
    """Counts of true and false positives at each threshold, one per distinct score, highest first.

    Attributes:
        true_positives: (scores,) rows of the class with at least that score.
        false_positives: (scores,) other rows with at least that score.
    """

    true_positives: NDArray[np.int64]
    false_positives: NDArray[np.int64]

    @classmethod
    def from_scores(cls, positive: NDArray[np.bool_], scores: NDArray[np.float32]) -> "Curves":
        """Return the curves from truth and scores, (rows,) each, of at least one row."""
        order = np.argsort(-scores, kind="stable")
        last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
        true_positives = np.cumsum(positive[order])[last]
        return cls(true_positives, last + 1 - true_positives)

    @cached_property
    def positives(self) -> int:
        """Number of rows of the class."""
        return int(self.true_positives[-1])

    @cached_property
    def negatives(self) -> int:
        """Number of other rows."""
        return int(self.false_positives[-1])

    @property
    def roc_auc(self) -> float | None:
        """Area under the ROC curve; None if all or none of the rows are of the class."""
        if not self.positives or not self.negatives:
            return None
        across, up = np.diff(self.false_positives, prepend=0), self.true_positives
        # Twice the trapezoidal area, in whole rows: nothing is rounded before the division.
        doubled = int((across * (up + np.append(0, up[:-1]))).sum())
        return doubled / (2 * self.positives * self.negatives)

    @property
    def average_precision(self) -> float | None:
        """Mean of the precision over the steps of the recall; None if no row is of the class."""
        if not self.positives:
            return None
        steps = np.diff(self.true_positives, prepend=0)
        return float((steps * self._precision).sum() / self.positives)

    @property
    def roc(self) -> Points:
        """Return (false positive rate, true positive rate) from (0, 0) to (1, 1), thinned; needs a `roc_auc`."""
        across = np.append(0, self.false_positives) / self.negatives
        up = np.append(0, self.true_positives) / self.positives
        kept = _thinned_indices(across + up, up - across)
        return _points(across[kept], up[kept])

    @property
    def precision_recall(self) -> Points:
        """Return (recall, precision) by increasing recall, thinned for drawing; needs an `average_precision`."""
        recall = self.true_positives / self.positives
        kept = _thinned_indices(recall, self._precision)
        return _points(recall[kept], self._precision[kept])

    @property
    def _precision(self) -> NDArray[np.float64]:
        return self.true_positives / (self.true_positives + self.false_positives)


def class_curves(
    classes: Sequence[str], truth: Iterable[NDArray[np.bool_]], scores: NDArray[np.float32]
) -> tuple[list[Areas], dict[str, Any]]:
    """Return `roc_auc` and `average_precision` of every class, and the curves of the worst classes by name.

    Args:
        truth: for each class the mask of its rows, (rows,); only one is in memory at a time.
        scores: (rows, classes).
    """
    areas: list[Areas] = []
    worst: dict[str, Any] = {}
    for index, (name, positive) in enumerate(zip(classes, truth, strict=True)):
        curves = Curves.from_scores(positive, scores[:, index])
        areas.append({"roc_auc": curves.roc_auc, "average_precision": curves.average_precision})
        if curves.roc_auc is not None:
            worst[name] = {**areas[-1], "roc": curves.roc, "precision_recall": curves.precision_recall}
            if len(worst) > MAX_CURVES:
                del worst[max(worst, key=lambda other: worst[other]["average_precision"])]
    return areas, worst


def mean_areas(areas: Sequence[Areas]) -> dict[str, float]:
    """Return the mean of each area over the classes for which it is defined."""
    means = {}
    for name in ("roc_auc", "average_precision"):
        defined = [value for value in (area[name] for area in areas) if value is not None]
        if defined:
            means[name] = sum(defined) / len(defined)
    return means


def _thinned_indices(position: NDArray[np.float64], height: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the first, last, lowest and highest index of each interval of `position`, which must not decrease."""
    if len(position) <= 4 * INTERVALS:
        return np.arange(len(position))
    edges = np.linspace(position[0], position[-1], INTERVALS + 1)[1:-1]
    bounds = [0, *np.searchsorted(position, edges).tolist(), len(position)]
    kept: set[int] = set()
    for begin, end in zip(bounds[:-1], bounds[1:], strict=True):
        if begin < end:
            interval = height[begin:end]
            kept |= {begin, begin + int(interval.argmin()), begin + int(interval.argmax()), end - 1}
    return np.array(sorted(kept))


def _points(across: NDArray[np.float64], up: NDArray[np.float64]) -> Points:
    return list(zip(across.round(5).tolist(), up.round(5).tolist(), strict=True))
