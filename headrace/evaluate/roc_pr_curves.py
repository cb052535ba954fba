"""ROC and precision-recall curves of one class against the rest: exact, rows of equal score share a threshold.

Fawcett: An introduction to ROC analysis. Pattern Recognition Letters 27 (2006).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

# A curve for drawing has at most four points a stretch.
STRETCHES = 64
# Curves of the classes with the least average precision are kept for drawing; the areas are kept of all.
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
    def of(cls, positive: NDArray[np.bool_], scores: NDArray[np.float32]) -> "Curves":
        """Return the curves of at least one row from truth and scores, (rows,) each."""
        order = np.argsort(-scores, kind="stable")
        last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
        found = np.cumsum(positive[order])[last]
        return cls(found, last + 1 - found)

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
        """Area under the ROC curve; None if all rows or no row are of the class."""
        if not self.positives or not self.negatives:
            return None
        across, up = np.diff(self.false_positives, prepend=0), self.true_positives
        # Twice the area by trapezoids, in whole rows: nothing is rounded before the division.
        doubled = int((across * (up + np.append(0, up[:-1]))).sum())
        return doubled / (2 * self.positives * self.negatives)

    @property
    def average_precision(self) -> float | None:
        """Mean of the precision over the steps of the recall; None if no row is of the class."""
        if not self.positives:
            return None
        gained = np.diff(self.true_positives, prepend=0)
        return float((gained * self._precision).sum() / self.positives)

    @property
    def roc(self) -> Points:
        """Return (false positive rate, true positive rate) from (0, 0) to (1, 1), thinned; needs a `roc_auc`."""
        across = np.append(0, self.false_positives) / self.negatives
        up = np.append(0, self.true_positives) / self.positives
        kept = _kept(across + up, up - across)
        return _points(across[kept], up[kept])

    @property
    def precision_recall(self) -> Points:
        """Return (recall, precision) by increasing recall, thinned for drawing; needs an `average_precision`."""
        recall = self.true_positives / self.positives
        kept = _kept(recall, self._precision)
        return _points(recall[kept], self._precision[kept])

    @property
    def _precision(self) -> NDArray[np.float64]:
        return self.true_positives / (self.true_positives + self.false_positives)


def class_curves(
    classes: Sequence[str], truth: Iterable[NDArray[np.bool_]], scores: NDArray[np.float32]
) -> tuple[list[Areas], dict[str, Any]]:
    """Return `roc_auc` and `average_precision` of every class, and the curves of the worst classes by name.

    Args:
        truth: of each class which rows are of it, (rows,); one of them is in memory at a time.
        scores: (rows, classes).
    """
    areas: list[Areas] = []
    drawn: dict[str, Any] = {}
    for number, (name, positive) in enumerate(zip(classes, truth, strict=True)):
        found = Curves.of(positive, scores[:, number])
        areas.append({"roc_auc": found.roc_auc, "average_precision": found.average_precision})
        if found.roc_auc is not None:
            drawn[name] = {**areas[-1], "roc": found.roc, "precision_recall": found.precision_recall}
            if len(drawn) > MAX_CURVES:
                del drawn[max(drawn, key=lambda one: drawn[one]["average_precision"])]
    return areas, drawn


def mean_areas(areas: Sequence[Areas]) -> dict[str, float]:
    """Return the mean of each area over the classes for which it is defined."""
    found = {}
    for name in ("roc_auc", "average_precision"):
        known = [value for value in (area[name] for area in areas) if value is not None]
        if known:
            found[name] = sum(known) / len(known)
    return found


def _kept(along: NDArray[np.float64], height: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the first, last, lowest and highest index of each interval of `along`, which never decreases."""
    if len(along) <= 4 * STRETCHES:
        return np.arange(len(along))
    edges = np.linspace(along[0], along[-1], STRETCHES + 1)[1:-1]
    ends = [0, *np.searchsorted(along, edges).tolist(), len(along)]
    kept: set[int] = set()
    for begin, end in zip(ends[:-1], ends[1:], strict=True):
        if begin < end:
            part = height[begin:end]
            kept |= {begin, begin + int(part.argmin()), begin + int(part.argmax()), end - 1}
    return np.array(sorted(kept))


def _points(across: NDArray[np.float64], up: NDArray[np.float64]) -> Points:
    return list(zip(across.round(5).tolist(), up.round(5).tolist(), strict=True))
