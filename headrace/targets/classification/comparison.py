"""Comparison of classifiers of one label."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.compare.paired_differences import ClassComparison, class_details, f1_figures, f1_scores, losses
from headrace.compare.row_predictions import Predictions
from headrace.contract_comparison import ClassMatch
from headrace.evaluate.classifier_scores import ClassScore, class_scores, confusion_matrix, supported_macro_f1
from headrace.evaluate.confidence_intervals import Intervals, count_intervals, mean_intervals
from headrace.evaluate.evaluator_interface import EvaluationBatch


def to_predictions(batch: EvaluationBatch, match: ClassMatch) -> Predictions:
    """See `ComparisonInterface`."""
    true, probabilities = batch.targets, match.align(batch.predictions)
    likelihood = probabilities[np.arange(len(true)), true].astype(np.float64)
    return Predictions(batch.paths.astype(str), true.astype(np.int64), probabilities.argmax(1), likelihood)


def accuracy(predictions: Predictions) -> float:
    """Return the fraction of values that are right, 0 to 1."""
    return float((predictions.true == predictions.predicted).mean())


def mean_loss(predictions: Predictions) -> float:
    """Return the mean cross-entropy, in nats."""
    return float(losses(predictions).mean())


def macro_f1(predictions: Predictions) -> float:
    """Return the mean of F1 over the classes that occur in the rows: it cannot judge a class that was added later."""
    classes = int(max(predictions.true.max(), predictions.predicted.max())) + 1
    return supported_macro_f1(scores_by_class(predictions, classes))


SCORES = {"accuracy": accuracy, "macro_f1": macro_f1, "loss": mean_loss}


def difference_intervals(reference: Predictions, other: Predictions) -> Intervals:
    """See `ComparisonInterface`."""
    right = [(model.predicted == model.true).astype(np.float64) for model in (reference, other)]
    classes = 1 + int(max(reference.true.max(), reference.predicted.max(), other.predicted.max()))
    f1 = confusion_intervals(reference, other, classes)
    means = {"accuracy": right[1] - right[0], "loss": losses(other) - losses(reference)}
    return mean_intervals(means) | {"macro_f1": f1["macro_f1"]}


def distances(before: Predictions, after: Predictions) -> NDArray[np.float64]:
    """Return the distances of the probabilities of the truth."""
    found: NDArray[np.float64] = np.abs(after.likelihood - before.likelihood)
    return found


def details(models: Mapping[str, Predictions], classes: tuple[str, ...], biased: set[str]) -> dict[str, Any]:
    """Return the scores of each class; see `ComparisonInterface`."""
    return {"classes": class_details(CLASS_COMPARISON, models, classes, biased)}


def describe_value(value: Any, classes: tuple[str, ...]) -> str:
    """Return the name of the class."""
    return classes[int(value)]


def describe_prediction(predictions: Predictions, row: int) -> dict[str, Any]:
    """Return whether a row's prediction is `right`, and the `probability` of the truth."""
    right = np.all(predictions.predicted[row] == predictions.true[row])
    return {"right": bool(right), "probability": float(predictions.likelihood[row])}


def scores_by_class(predictions: Predictions, classes: int) -> list[ClassScore]:
    """Return precision, recall, F1 and support of each of `classes`."""
    return class_scores(confusion_matrix(predictions.true, predictions.predicted, classes))


def confusion_intervals(reference: Predictions, other: Predictions, classes: int) -> Intervals:
    """Return the intervals of the differences of `macro_f1`, over the classes of each resample, and of `f1 INDEX`.

    Rows are counted by true class and both predictions, so that the time does not depend on the number of rows.
    """
    # Cells are drawn in the order of the models; the reverse comparison draws the same ones.
    if other.predicted.tobytes() < reference.predicted.tobytes():
        reverse = confusion_intervals(other, reference, classes)
        return {name: (-high, -low) for name, (low, high) in reverse.items()}
    rows = np.stack([reference.true, reference.predicted, other.predicted], axis=1)
    cells, counts = np.unique(rows, axis=0, return_counts=True)

    def figures(sample: NDArray[np.int64]) -> dict[str, float]:
        before, after = (_cell_f1(cells[:, 0], cells[:, column], sample, classes) for column in (1, 2))
        return f1_figures(after - before, np.bincount(cells[:, 0], sample, classes))

    return count_intervals(figures, counts)


CLASS_COMPARISON = ClassComparison(scores_by_class, confusion_intervals)


def _cell_f1(
    true: NDArray[np.int64], predicted: NDArray[np.int64], counts: NDArray[np.int64], classes: int
) -> NDArray[np.float64]:
    right = np.bincount(true, counts * (true == predicted), classes)
    return f1_scores(right, np.bincount(predicted, counts, classes), np.bincount(true, counts, classes))
