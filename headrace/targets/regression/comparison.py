"""Comparison of regression models."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.compare.row_predictions import Predictions
from headrace.contract_comparison import ClassMatch
from headrace.evaluate.confidence_intervals import Intervals, sum_intervals
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.targets.regression.evaluation import error_terms, errors, errors_from_sums
from headrace.targets.regression.kind_traits import TRAITS

QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.99, 1.0)


def to_predictions(batch: EvaluationBatch, match: ClassMatch) -> Predictions:
    """See `ComparisonInterface`."""
    values, predicted = batch.targets.astype(np.float64), match.align(batch.predictions)[:, 0].astype(np.float64)
    return Predictions(batch.paths.astype(str), values, predicted, np.zeros(len(values)))


def _score(metric: str) -> Callable[[Predictions], float]:
    return lambda predictions: errors(predictions.true, predictions.predicted)[metric]


SCORES = {metric: _score(metric) for metric in TRAITS.comparison_metrics}


def difference_intervals(reference: Predictions, other: Predictions) -> Intervals:
    """See `ComparisonInterface`."""
    terms = [error_terms(model.true, model.predicted) for model in (reference, other)]
    size = len(terms[0])

    def figures(sums: NDArray[np.float64]) -> dict[str, float]:
        rows, sums = sums[:1], sums[1:]
        before, after = (errors_from_sums(np.concatenate([rows, sums[start : start + size]])) for start in (0, size))
        return {name: after[name] - before[name] for name in before}

    return sum_intervals(figures, [*terms[0], *terms[1]])


def distances(before: Predictions, after: Predictions) -> NDArray[np.float64]:
    """Return the distances of the numbers."""
    found: NDArray[np.float64] = np.abs(after.predicted - before.predicted)
    return found


def details(models: Mapping[str, Predictions], classes: tuple[str, ...], biased: set[str]) -> dict[str, Any]:
    """Return quantiles of the absolute errors; see `ComparisonInterface`."""
    quantiles = {name: error_quantiles(predictions) for name, predictions in models.items()}
    return {"error_quantiles": {name: {f"{q:g}": e for q, e in found.items()} for name, found in quantiles.items()}}


def describe_value(value: Any, classes: tuple[str, ...]) -> float:
    """Return the number."""
    return float(value)


def describe_prediction(predictions: Predictions, row: int) -> dict[str, Any]:
    """Return the `error` of a row's prediction."""
    return {"error": float(predictions.predicted[row] - predictions.true[row])}


def error_quantiles(predictions: Predictions) -> dict[float, float]:
    """Return the `QUANTILES` of the absolute errors."""
    absolute = np.abs(predictions.predicted - predictions.true)
    return dict(zip(QUANTILES, np.quantile(absolute, QUANTILES).tolist(), strict=True))
