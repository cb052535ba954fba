"""Figures of a model's answers, and which of them are best large."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
from headrace.retrain.gate.predictions import Predictions, ScoredModel

SMALL_IS_GOOD = {"loss", "mean_absolute_error", "root_mean_squared_error"}


def default_metric(task: str) -> Metric:
    """By which models for `task` are compared where nothing else is said."""
    return METRICS[task][0]


def score(metric: Metric, answers: Predictions) -> float:
    """The figure `metric` of at least one row; it must be one of the task's."""
    if metric in METRICS["regression"]:
        return errors(answers.true, answers.predicted)[metric]
    return _by_metric(answers)[metric](answers)


def scores(task: str, answers: Predictions) -> dict[str, float]:
    """All figures that there are for `task`."""
    if task == "regression":
        return errors(answers.true, answers.predicted)
    return {name: of(answers) for name, of in _by_metric(answers).items()}


def metric_label(metric: str) -> str:
    """For people."""
    return metric.replace("_", " ")


def compute_metrics(task: str, found: ScoredModel) -> dict[str, Any]:
    """Metrics, latency and size, for the journal."""
    return {
        "metrics": scores(task, found.predictions),
        "milliseconds": found.milliseconds,
        "size_bytes": found.size_bytes,
    }


def improvement(metric: Metric, champion: Predictions, challenger: Predictions) -> float:
    """How much better the challenger is, on the same rows; negative where it is worse."""
    gain = score(metric, challenger) - score(metric, champion)
    return -gain if metric in SMALL_IS_GOOD else gain


def _accuracy(answers: Predictions) -> float:
    return float((answers.true == answers.predicted).mean())


def _loss(answers: Predictions) -> float:
    return float(-np.log(np.clip(answers.likelihood, SMALLEST_PROBABILITY, 1.0)).mean())


def _macro_f1(answers: Predictions) -> float:
    """Over the classes that are in the test split: one that came later cannot be judged by it."""
    classes = int(max(answers.true.max(), answers.predicted.max())) + 1
    confusion = confusion_matrix(answers.true, answers.predicted, classes)
    return macro_f1([one for one in class_scores(confusion) if one.support])


def _counts(answers: Predictions) -> NDArray[np.int64]:
    return label_counts(answers.true, answers.predicted)


def _labels_macro_f1(answers: Predictions) -> float:
    """Likewise, over the labels that a row has; 0 where none has any."""
    supported = [one for one in scores_from_counts(*_counts(answers)) if one.support]
    return macro_f1(supported) if supported else 0.0


def _micro_f1(answers: Predictions) -> float:
    return micro_f1(_counts(answers))


Scores = dict[Metric, Callable[[Predictions], float]]
CLASS_SCORES: Scores = {"accuracy": _accuracy, "macro_f1": _macro_f1, "loss": _loss}
# Right and wrong are counted by label here.
LABEL_SCORES: Scores = {
    "macro_f1": _labels_macro_f1,
    "micro_f1": _micro_f1,
    "binary_accuracy": _accuracy,
    "loss": _loss,
}


def _by_metric(answers: Predictions) -> Scores:
    return LABEL_SCORES if answers.true.ndim == 2 else CLASS_SCORES
