"""Metrics by which models are compared, and whether higher or lower is better."""

from headrace.compare.row_predictions import Predictions
from headrace.targets.comparison_interface import comparison_module
from headrace.targets.target_kind_loader import target_traits

LOWER_IS_BETTER = {"loss", "mean_absolute_error", "root_mean_squared_error"}


def default_metric(task: str) -> str:
    """Return the metric that models for `task` are compared by unless configured otherwise."""
    return target_traits(task).comparison_metrics[0]


def score(task: str, metric: str, predictions: Predictions) -> float:
    """Return one metric of `task` of the predictions for at least one row."""
    return comparison_module(task).SCORES[metric](predictions)


def scores(task: str, predictions: Predictions) -> dict[str, float]:
    """Return all metrics of `task`."""
    return {name: function(predictions) for name, function in comparison_module(task).SCORES.items()}


def metric_label(metric: str) -> str:
    """Return the name of a metric as shown to users."""
    return metric.replace("_", " ")


def improvement(task: str, metric: str, champion: Predictions, challenger: Predictions) -> float:
    """Return by how much the challenger is better on the same rows; negative if it is worse."""
    gain = score(task, metric, challenger) - score(task, metric, champion)
    return -gain if metric in LOWER_IS_BETTER else gain
