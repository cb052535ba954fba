"""Comparison of multi-label models. Right and wrong predictions are counted by label."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.compare.paired_differences import ClassComparison, class_details, f1_figures, f1_scores, losses
from headrace.compare.row_predictions import Predictions
from headrace.contract_comparison import ClassMatch
from headrace.evaluate.classifier_scores import (
    ClassScore,
    label_counts,
    label_cross_entropies,
    scores_from_counts,
    supported_macro_f1,
)
from headrace.evaluate.classifier_scores import micro_f1 as micro_f1_of_counts
from headrace.evaluate.confidence_intervals import Intervals, mean_intervals, sum_intervals
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.targets.classification.comparison import accuracy, describe_prediction, distances, mean_loss
from headrace.targets.multi_label.evaluation import THRESHOLD

__all__ = [
    "SCORES",
    "describe_prediction",
    "describe_value",
    "details",
    "difference_intervals",
    "distances",
    "to_predictions",
]


def to_predictions(batch: EvaluationBatch, match: ClassMatch) -> Predictions:
    """Return predictions over the table's labels; labels that only the model knows are dropped."""
    true = batch.targets > 0
    probabilities = match.align(batch.predictions)[:, : true.shape[1]]
    likelihood = np.exp(-label_cross_entropies(true, probabilities))
    return Predictions(batch.paths.astype(str), true, probabilities >= THRESHOLD, likelihood)


def macro_f1(predictions: Predictions) -> float:
    """Return the mean of F1 over the labels that occur in the rows; 0 if no row has a label."""
    return supported_macro_f1(scores_by_label(predictions, 0))


def micro_f1(predictions: Predictions) -> float:
    """Return F1 over all pairs of row and label."""
    return micro_f1_of_counts(label_counts(predictions.true, predictions.predicted))


SCORES = {"macro_f1": macro_f1, "micro_f1": micro_f1, "binary_accuracy": accuracy, "loss": mean_loss}


def difference_intervals(reference: Predictions, other: Predictions) -> Intervals:
    """See `ComparisonInterface`."""
    right = [(model.predicted == model.true).mean(1) for model in (reference, other)]
    f1 = label_intervals(reference, other, 0)
    means = {"binary_accuracy": right[1] - right[0], "loss": losses(other) - losses(reference)}
    return mean_intervals(means) | {name: f1[name] for name in ("macro_f1", "micro_f1")}


def details(models: Mapping[str, Predictions], classes: tuple[str, ...], biased: set[str]) -> dict[str, Any]:
    """Return the scores of each label; see `ComparisonInterface`."""
    return {"classes": class_details(CLASS_COMPARISON, models, classes, biased)}


def describe_value(value: Any, classes: tuple[str, ...]) -> list[str]:
    """Return the names of the labels."""
    return [name for name, present in zip(classes, value, strict=True) if present]


def scores_by_label(predictions: Predictions, _: int) -> list[ClassScore]:
    """Return precision, recall, F1 and support of each label."""
    return scores_from_counts(*label_counts(predictions.true, predictions.predicted))


def label_intervals(reference: Predictions, other: Predictions, _: int) -> Intervals:
    """Return the intervals of the differences of `macro_f1`, over those of each resample, `micro_f1`, `f1 INDEX`."""
    labels = reference.true.shape[1]
    masks = [mask for model in (reference, other) for mask in _outcomes(model)]

    def figures(sums: NDArray[np.float64]) -> dict[str, float]:
        pair = sums[1:].reshape(2, 3, labels)
        before, after = (f1_scores(right, right + extra, right + missing) for right, extra, missing in pair)
        micro = micro_f1_of_counts(pair[1]) - micro_f1_of_counts(pair[0])
        return f1_figures(after - before, pair[0, 0] + pair[0, 2]) | {"micro_f1": micro}

    return sum_intervals(figures, [mask[:, index] for mask in masks for index in range(labels)])


CLASS_COMPARISON = ClassComparison(scores_by_label, label_intervals)


def _outcomes(model: Predictions) -> tuple[NDArray[np.bool_], ...]:
    return model.predicted & model.true, model.predicted & ~model.true, ~model.predicted & model.true
