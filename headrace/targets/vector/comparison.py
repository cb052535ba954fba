"""Comparison of models that predict vectors."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.compare.row_predictions import Predictions
from headrace.contract_comparison import ClassMatch
from headrace.evaluate.confidence_intervals import Intervals
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.targets.vector import error_metrics_and_intervals as errors
from headrace.targets.vector.kind_traits import TRAITS

# Components of a vector that a text shows.
SHOWN = 4


def to_predictions(batch: EvaluationBatch, match: ClassMatch) -> Predictions:
    """See `ComparisonInterface`."""
    return Predictions(batch.paths.astype(str), batch.targets, batch.predictions, np.zeros(len(batch.targets)))


def _score(metric: str) -> Callable[[Predictions], float]:
    return lambda predictions: errors.errors(predictions.true, predictions.predicted)[metric]


SCORES = {metric: _score(metric) for metric in TRAITS.comparison_metrics}


def difference_intervals(reference: Predictions, other: Predictions) -> Intervals:
    """See `ComparisonInterface`."""
    return errors.difference_intervals(reference.true, reference.predicted, other.predicted)


def distances(before: Predictions, after: Predictions) -> NDArray[np.float64]:
    """Return the root mean squared distances of the vectors."""
    return errors.row_errors(before.predicted, after.predicted)


def details(models: Mapping[str, Predictions], classes: tuple[str, ...], biased: set[str]) -> dict[str, Any]:
    """Return quantiles of the errors of rows; see `ComparisonInterface`."""
    quantiles = {name: errors.error_quantiles(model.true, model.predicted) for name, model in models.items()}
    return {"error_quantiles": quantiles}


def describe_value(value: Any, classes: tuple[str, ...]) -> str:
    """Return the first components and their number."""
    shown = ", ".join(f"{one:.4g}" for one in value[:SHOWN].tolist())
    return f"[{shown}]" if len(value) <= SHOWN else f"[{shown}, … {len(value)} numbers]"


def describe_prediction(predictions: Predictions, row: int) -> dict[str, Any]:
    """Return the `error` of a row's prediction, the root mean square over its components."""
    return {"error": float(errors.row_errors(predictions.true[row : row + 1], predictions.predicted[row : row + 1])[0])}
