"""Figures of a classifier from labels and probabilities. NumPy only; every function is exact."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SMALLEST_PROBABILITY = 1e-7


@dataclass(frozen=True)
class ClassScore:
    """Of one class. A ratio whose denominator is 0 counts as 0.

    Attributes:
        support: rows that truly are of this class.
    """

    precision: float
    recall: float
    f1: float
    support: int


def confusion_matrix(labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """Counts, (classes, classes): rows are the true class, columns the predicted one."""
    return np.bincount(labels * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def accuracy(confusion: NDArray[np.int64]) -> float:
    """The fraction of rows on the diagonal, 0 to 1."""
    return float(np.trace(confusion) / confusion.sum())


def cross_entropy(labels: NDArray[np.int64], probabilities: NDArray[np.float32]) -> float:
    """Mean of -ln(probability of the true class), in nats; (rows,) and (rows, classes)."""
    true = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.clip(true, SMALLEST_PROBABILITY, 1.0)).mean())


def class_scores(confusion: NDArray[np.int64]) -> list[ClassScore]:
    """Precision, recall and F1 of every class, in order."""
    right = np.diag(confusion)
    precision = _ratio(right, confusion.sum(0))
    recall = _ratio(right, confusion.sum(1))
    f1 = _ratio(2 * precision * recall, precision + recall)
    rows = zip(precision.tolist(), recall.tolist(), f1.tolist(), confusion.sum(1).tolist(), strict=True)
    return [ClassScore(*row) for row in rows]


def macro_f1(scores: list[ClassScore]) -> float:
    """The mean of the classes' F1, each class weighing the same."""
    return sum(score.f1 for score in scores) / len(scores)


def _ratio(above: NDArray[np.generic], below: NDArray[np.generic]) -> NDArray[np.float64]:
    above, below = np.asarray(above, np.float64), np.asarray(below, np.float64)
    return np.divide(above, below, out=np.zeros_like(above), where=below != 0)
