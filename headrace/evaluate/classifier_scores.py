"""Metrics of a classifier from labels and probabilities. NumPy only; every function is exact."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SMALLEST_PROBABILITY = 1e-7


@dataclass(frozen=True)
class ClassScore:
    """Scores of one class. A ratio with denominator 0 is 0.

    Attributes:
        support: number of rows with this true class.
    """

    precision: float
    recall: float
    f1: float
    support: int


def confusion_matrix(labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """Return counts, (classes, classes): rows are true classes, columns predicted classes."""
    return np.bincount(labels * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def accuracy(confusion: NDArray[np.int64]) -> float:
    """Return the fraction of rows on the diagonal, 0 to 1."""
    return float(np.trace(confusion) / confusion.sum())


def cross_entropies(labels: NDArray[np.int64], probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return -ln(probability of the true class) of each row, in nats: (rows,) and (rows, classes) -> (rows,)."""
    true = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    losses: NDArray[np.float64] = -np.log(np.clip(true, SMALLEST_PROBABILITY, 1.0))
    return losses


def class_scores(confusion: NDArray[np.int64]) -> list[ClassScore]:
    """Return precision, recall and F1 of every class, in order."""
    rows = zip(*class_ratios(confusion).tolist(), confusion.sum(1).tolist(), strict=True)
    return [ClassScore(*row) for row in rows]


def class_ratios(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return precision, recall and F1 of every class: (..., classes, classes) -> (3, ..., classes)."""
    return _ratios(confusion.diagonal(0, -2, -1), confusion.sum(-2), confusion.sum(-1))


def scores_from_counts(
    true_positives: NDArray[Any], false_positives: NDArray[Any], false_negatives: NDArray[Any]
) -> list[ClassScore]:
    """Return the scores of each class from true positives, false positives and false negatives, (classes,) each."""
    support = true_positives + false_negatives
    rows = zip(
        *_ratios(true_positives, true_positives + false_positives, support).tolist(), support.tolist(), strict=True
    )
    return [ClassScore(precision, recall, f1, int(class_support)) for precision, recall, f1, class_support in rows]


def label_counts(truth: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return true positives, false positives and false negatives of each label, (3, labels), from (rows, labels)."""
    return np.stack([(predicted & truth).sum(0), (predicted & ~truth).sum(0), (~predicted & truth).sum(0)])


def label_cross_entropies(truth: NDArray[np.bool_], probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return each row's mean over labels of -ln(probability of the truth), in nats: (rows, labels) each -> (rows,)."""
    probability_of_truth = np.where(truth, probabilities, 1 - probabilities).astype(np.float64)
    losses: NDArray[np.float64] = -np.log(np.clip(probability_of_truth, SMALLEST_PROBABILITY, 1.0)).mean(1)
    return losses


def micro_f1(counts: NDArray[Any]) -> float:
    """Return F1 over all labels together, from the (3, labels) of `label_counts`; 0 without true positives."""
    true_positives, false_positives, false_negatives = counts.sum(1).tolist()
    return 2 * true_positives / (2 * true_positives + false_positives + false_negatives) if true_positives else 0.0


def macro_f1(scores: list[ClassScore]) -> float:
    """Return the unweighted mean of the classes' F1."""
    return sum(score.f1 for score in scores) / len(scores)


def supported_macro_f1(scores: list[ClassScore]) -> float:
    """Return the mean of F1 over the classes that occur in the rows; 0 if none does."""
    supported = [score for score in scores if score.support]
    return macro_f1(supported) if supported else 0.0


def _ratios(true_positives: NDArray[Any], predicted: NDArray[Any], true: NDArray[Any]) -> NDArray[np.float64]:
    precision, recall = _ratio(true_positives, predicted), _ratio(true_positives, true)
    return np.stack([precision, recall, _ratio(2 * precision * recall, precision + recall)])


def _ratio(numerator: NDArray[np.generic], denominator: NDArray[np.generic]) -> NDArray[np.float64]:
    numerator, denominator = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    ratio: NDArray[np.float64] = np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator != 0)
    return ratio
