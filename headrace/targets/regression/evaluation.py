"""Evaluation of regression models."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.evaluate.confidence_intervals import drop_degenerate, sum_intervals
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.evaluate.mistake_renderer_interface import Renderer, picture
from headrace.evaluate.worst_mistakes import Mistake, WorstMistakes
from headrace.one_or_several_inputs import select_rows
from headrace.targets.regression.naive_forecasts import Baselines

# The residual charts: number of bars of equal width, and the maximum number of rows drawn as points.
BARS = 31
POINTS = 500
# If all numbers are equal, rounding leaves a spread below this fraction of the sum of their squares.
ROUNDING = 1e-12


def make_evaluator(contract: Contract, show: Renderer, training_rows: Mapping[str, int]) -> "Regression":
    """See `EvaluationInterface`; windows have baselines."""
    return Regression(show, Baselines(contract))


class Regression:
    """Evaluates predictions that are one number per row and, for windows, the baselines."""

    def __init__(self, show: Renderer = picture, baselines: Baselines | None = None) -> None:
        self._baselines = baselines
        self._true: list[NDArray[np.float64]] = []
        self._predicted: list[NDArray[np.float64]] = []
        self._worst = WorstMistakes()
        self._show = show

    def add(self, batch: EvaluationBatch) -> None:
        """Add one batch."""
        true, predicted = batch.targets.astype(np.float64), batch.predictions[:, 0].astype(np.float64)
        self._true.append(true)
        self._predicted.append(predicted)
        absolute_errors = np.abs(predicted - true)
        for row in self._worst.candidates(absolute_errors, batch.paths):
            details = {"value": float(true[row]), "predicted": float(predicted[row])}
            self._worst.add(
                Mistake(float(absolute_errors[row]), str(batch.paths[row]), details, select_rows(batch.inputs, row))
            )
        if self._baselines:
            self._baselines.add(np.asarray(batch.inputs))

    def metrics(self) -> dict[str, Any]:
        """Return metrics with intervals, the baselines' errors, residuals, and the rows with the largest errors."""
        true, predicted = self._all()
        return {
            "task": "regression",
            **_compute_metrics(true, predicted),
            "baselines": self._baseline_errors(true),
            "residuals": residuals(true, predicted),
            "worst": [mistake.describe(self._show) for mistake in self._worst.worst_first()],
        }

    def slice_metrics(self, rows: NDArray[np.bool_]) -> dict[str, Any]:
        """See `Evaluator`."""
        true, predicted = self._all()
        return _compute_metrics(true[rows], predicted[rows])

    def _all(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Concatenate the batches so far, so that they are released, and return all rows."""
        self._true, self._predicted = [np.concatenate(self._true)], [np.concatenate(self._predicted)]
        return self._true[0], self._predicted[0]

    def _baseline_errors(self, true: NDArray[np.float64]) -> dict[str, dict[str, float]]:
        predictions = self._baselines.predictions() if self._baselines else {}
        return {name: errors(true, predicted) for name, predicted in predictions.items()}


def errors(true: NDArray[np.float64], predicted: NDArray[np.float64]) -> dict[str, float]:
    """Return mean absolute error, root mean squared error and R squared of (rows,) values, at least one row.

    R squared is 1 - (sum of squared errors) / (sum of squared distances from the mean of `true`): always
    predicting that mean gives 0. It is also 0 if all of `true` are equal.
    """
    return errors_from_sums(np.array([len(true), *(term.sum() for term in error_terms(true, predicted))]))


def residuals(true: NDArray[np.float64], predicted: NDArray[np.float64]) -> dict[str, Any]:
    """Return a histogram of `predicted - true`, symmetric about 0, and (true, predicted) of a sample of rows."""
    differences = predicted - true
    limit = float(np.abs(differences).max()) or 1.0
    counts, edges = np.histogram(differences, BARS, (-limit, limit))
    sample = np.arange(min(POINTS, len(true))) * len(true) // min(POINTS, len(true))
    # The digits of float32, whatever the unit is.
    points = [[float(f"{value:.7g}") for value in point] for point in zip(true[sample], predicted[sample], strict=True)]
    return {"edges": edges.tolist(), "counts": counts.tolist(), "points": points}


def _compute_metrics(true: NDArray[np.float64], predicted: NDArray[np.float64]) -> dict[str, Any]:
    intervals = drop_degenerate(sum_intervals(errors_from_sums, error_terms(true, predicted)))
    return {"rows": len(true), "metrics": errors(true, predicted), "intervals": intervals}


def error_terms(true: NDArray[np.float64], predicted: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return the terms to sum: absolute and squared errors, distances from the mean and their squares."""
    differences, from_mean = predicted - true, true - true.mean()
    return np.abs(differences), differences**2, from_mean, from_mean**2


def errors_from_sums(sums: NDArray[np.float64]) -> dict[str, float]:
    """Return the metrics of `errors` from the number of rows and the sums of each of `error_terms`."""
    rows, absolute, squared, from_mean, from_mean_squared = sums.tolist()
    spread = from_mean_squared - from_mean**2 / rows
    return {
        "mean_absolute_error": absolute / rows,
        "root_mean_squared_error": (squared / rows) ** 0.5,
        "r_squared": 1.0 - squared / spread if spread > ROUNDING * from_mean_squared else 0.0,
    }
