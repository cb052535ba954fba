"""Comparison of models that predict a class for each pixel."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.compare.paired_differences import ClassComparison, class_details
from headrace.compare.row_predictions import Predictions
from headrace.contract import IGNORED_PIXEL
from headrace.contract_comparison import ClassMatch
from headrace.evaluate.classifier_scores import ClassScore
from headrace.evaluate.confidence_intervals import Intervals
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.targets.mask import pixel_counts as counting
from headrace.targets.mask.evaluation import pixel_losses
from headrace.targets.mask.kind_traits import TRAITS


def to_predictions(batch: EvaluationBatch, match: ClassMatch) -> Predictions:
    """Return the most probable class of each pixel; the likelihood is the geometric mean over a row's pixels."""
    probabilities = match.align(batch.predictions)
    predicted = probabilities.argmax(-1).astype(np.uint8)
    likelihood = np.exp(-pixel_losses(batch.targets, probabilities))
    return Predictions(batch.paths.astype(str), batch.targets, predicted, likelihood)


def _score(metric: str) -> Callable[[Predictions], float]:
    return lambda predictions: counting.scores(_counts(predictions).sum(0))[metric]


SCORES = {metric: _score(metric) for metric in TRAITS.comparison_metrics}


def difference_intervals(reference: Predictions, other: Predictions) -> Intervals:
    """See `ComparisonInterface`."""
    found = _difference_intervals(reference, other, _classes(reference, other))
    return {name: found[name] for name in SCORES}


def distances(before: Predictions, after: Predictions) -> NDArray[np.float64]:
    """Return the share of pixels with another predicted class."""
    differs: NDArray[np.float64] = (before.predicted != after.predicted).mean((1, 2))
    return differs


def details(models: Mapping[str, Predictions], classes: tuple[str, ...], biased: set[str]) -> dict[str, Any]:
    """Return the scores of pixels of each class, of which F1 is Dice; see `ComparisonInterface`."""
    return {"classes": class_details(CLASS_COMPARISON, models, classes, biased)}


def describe_value(value: Any, classes: tuple[str, ...]) -> str:
    """Return the shares of the classes, the largest first."""
    counts = np.bincount(value.ravel(), minlength=IGNORED_PIXEL + 1)
    counted = counts[:IGNORED_PIXEL]
    total = max(1, int(counted.sum()))
    found = sorted(np.flatnonzero(counted).tolist(), key=lambda index: -counted[index])
    return ", ".join(f"{_name(index, classes)} {100 * counted[index] / total:.1f}%" for index in found)


def describe_prediction(predictions: Predictions, row: int) -> dict[str, Any]:
    """Return the mean IoU of a row's mask."""
    return {"iou": float(counting.row_iou(_counts(predictions.select(np.array([row]))))[0])}


def _name(index: int, classes: tuple[str, ...]) -> str:
    return classes[index] if index < len(classes) else "another class"


def _classes(*models: Predictions) -> int:
    """Return a number above all class indices."""
    masks = [mask for model in models for mask in (model.true, model.predicted)]
    return 1 + max((int(mask[mask != IGNORED_PIXEL].max(initial=0)) for mask in masks), default=0)


def _counts(predictions: Predictions, classes: int | None = None) -> counting.Counts:
    number = _classes(predictions) if classes is None else classes
    return counting.pixel_counts(predictions.true, predictions.predicted, number)


def _class_scores(predictions: Predictions, classes: int) -> list[ClassScore]:
    counts = _counts(predictions, classes)
    shares = {name: np.nan_to_num(values) for name, values in counting.class_shares(counts.sum(0)).items()}
    rows = (counts[:, 1] > 0).sum(0)
    columns = (shares["precision"].tolist(), shares["recall"].tolist(), shares["dice"].tolist(), rows.tolist())
    return [ClassScore(*scores) for scores in zip(*columns, strict=True)]


def _difference_intervals(reference: Predictions, other: Predictions, classes: int) -> Intervals:
    return counting.difference_intervals(_counts(reference, classes), _counts(other, classes))


CLASS_COMPARISON = ClassComparison(_class_scores, _difference_intervals)
