"""The metrics of a model's predictions that models are compared by, and their direction."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from headrace.compare.predictions import Predictions
from headrace.config.sections.retraining import METRICS, Metric
from headrace.evaluate.classifier_scores import (
    SMALLEST_PROBABILITY,
    class_scores,
    confusion_matrix,
    label_counts,
    macro_f1,
    micro_f1,
    scores_from_counts,
)
from headrace.evaluate.regression import errors

LOWER_IS_BETTER = {"loss", "mean_absolute_error", "root_mean_squared_error"}


def default_metric(task: str) -> Metric:
    """Return the metric that models for `task` are compared by unless configured otherwise."""
    return METRICS[task][0]


def score(metric: Metric, predictions: Predictions) -> float:
    """Return one metric of the predictions for at least one row; it must be a metric of the task."""
    if metric in METRICS["regression"]:
        return errors(predictions.true, predictions.predicted)[metric]
    return _metric_functions(predictions)[metric](predictions)


def scores(task: str, predictions: Predictions) -> dict[str, float]:
    """Return all metrics of `task`."""
    if task == "regression":
        return errors(predictions.true, predictions.predicted)
    return {name: function(predictions) for name, function in _metric_functions(predictions).items()}


def metric_label(metric: str) -> str:
    """Return the name of a metric as shown to users."""
    return metric.replace("_", " ")


def improvement(metric: Metric, champion: Predictions, challenger: Predictions) -> float:
    """Return by how much the challenger is better on the same rows; negative if it is worse."""
    gain = score(metric, challenger) - score(metric, champion)
    return -gain if metric in LOWER_IS_BETTER else gain


def _accuracy(predictions: Predictions) -> float:
    return float((predictions.true == predictions.predicted).mean())


def _loss(predictions: Predictions) -> float:
    return float(-np.log(np.clip(predictions.likelihood, SMALLEST_PROBABILITY, 1.0)).mean())


def _macro_f1(predictions: Predictions) -> float:
    """Average over the classes that occur in the test split; it cannot evaluate a class that was added later."""
    classes = int(max(predictions.true.max(), predictions.predicted.max())) + 1
    confusion = confusion_matrix(predictions.true, predictions.predicted, classes)
    return macro_f1([class_score for class_score in class_scores(confusion) if class_score.support])


def _counts(predictions: Predictions) -> NDArray[np.int64]:
    return label_counts(predictions.true, predictions.predicted)


def _labels_macro_f1(predictions: Predictions) -> float:
    """Average over the labels that occur in the test split; 0 if no row has a label."""
    supported = [label_score for label_score in scores_from_counts(*_counts(predictions)) if label_score.support]
    return macro_f1(supported) if supported else 0.0


def _micro_f1(predictions: Predictions) -> float:
    return micro_f1(_counts(predictions))


Scores = dict[Metric, Callable[[Predictions], float]]
CLASS_SCORES: Scores = {"accuracy": _accuracy, "macro_f1": _macro_f1, "loss": _loss}
# Here, correct and wrong predictions are counted per label.
LABEL_SCORES: Scores = {
    "macro_f1": _labels_macro_f1,
    "micro_f1": _micro_f1,
    "binary_accuracy": _accuracy,
    "loss": _loss,
}


def _metric_functions(predictions: Predictions) -> Scores:
    return LABEL_SCORES if predictions.true.ndim == 2 else CLASS_SCORES
