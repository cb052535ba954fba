"""Figures of a model's answers, and which of them are best large."""

from collections.abc import Callable
from typing import Any

import numpy as np

from headrace.config.retraining import Metric
from headrace.evaluate.regression import errors
from headrace.evaluate.scores import SMALLEST_PROBABILITY, class_scores, confusion_matrix, macro_f1
from headrace.retrain.answers import Answers, Examined

SMALL_IS_GOOD = {"loss", "mean_absolute_error", "root_mean_squared_error"}


def default_metric(task: str) -> Metric:
    """By which models for `task` are compared where nothing else is said."""
    return "mean_absolute_error" if task == "regression" else "accuracy"


def score(metric: Metric, answers: Answers) -> float:
    """The figure `metric` of at least one row."""
    if metric in ("mean_absolute_error", "root_mean_squared_error", "r_squared"):
        return errors(answers.true, answers.predicted)[metric]
    return BY_METRIC[metric](answers)


def scores(task: str, answers: Answers) -> dict[str, float]:
    """All figures that there are for `task`."""
    if task == "regression":
        return errors(answers.true, answers.predicted)
    return {name: of(answers) for name, of in BY_METRIC.items()}


def figures_of(task: str, found: Examined) -> dict[str, Any]:
    """Metrics, latency and size, for the journal."""
    return {
        "metrics": scores(task, found.answers),
        "milliseconds": found.milliseconds,
        "size_bytes": found.size_bytes,
    }


def improvement(metric: Metric, champion: Answers, challenger: Answers) -> float:
    """How much better the challenger is, on the same rows; negative where it is worse."""
    gain = score(metric, challenger) - score(metric, champion)
    return -gain if metric in SMALL_IS_GOOD else gain


def _accuracy(answers: Answers) -> float:
    return float((answers.true == answers.predicted).mean())


def _loss(answers: Answers) -> float:
    return float(-np.log(np.clip(answers.likelihood, SMALLEST_PROBABILITY, 1.0)).mean())


def _macro_f1(answers: Answers) -> float:
    """Over the classes that are in the test split: one that came later cannot be judged by it."""
    classes = int(max(answers.true.max(), answers.predicted.max())) + 1
    confusion = confusion_matrix(answers.true, answers.predicted, classes)
    return macro_f1([one for one in class_scores(confusion) if one.support])


BY_METRIC: dict[str, Callable[[Answers], float]] = {"accuracy": _accuracy, "macro_f1": _macro_f1, "loss": _loss}
