"""Evaluation of regression models."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.evaluate.baselines import Baselines
from headrace.evaluate.bootstrap import sum_intervals
from headrace.evaluate.evaluation_batch import EvaluationBatch
from headrace.evaluate.mistakes import Mistake, Show, WorstMistakes, picture

# Of a figure of residuals: so many bars of equal width, and so many rows at most as points.
BARS = 31
POINTS = 500
# Of numbers that are all the same, rounding leaves less than this of their squares as a spread.
ROUNDING = 1e-12


class Regression:
    """Evaluates predictions that are one number per row; for windows also the baselines."""

    def __init__(self, show: Show = picture, baselines: Baselines | None = None) -> None:
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
        off = np.abs(predicted - true)
        for i in self._worst.candidates(off, batch.paths):
            about = {"value": float(true[i]), "predicted": float(predicted[i])}
            self._worst.add(Mistake(float(off[i]), str(batch.paths[i]), about, batch.inputs[i]))
        if self._baselines:
            self._baselines.add(batch.inputs)

    def metrics(self) -> dict[str, Any]:
        """Return metrics with intervals, those of the baselines, residuals, and the rows with the largest errors."""
        true, predicted = self._all()
        return {
            "task": "regression",
            **_measured(true, predicted),
            "baselines": self._of_baselines(true),
            "residuals": residuals(true, predicted),
            "worst": [mistake.describe(self._show) for mistake in self._worst.worst_first()],
        }

    def slice_metrics(self, rows: NDArray[np.bool_]) -> dict[str, Any]:
        """See `Evaluator`."""
        true, predicted = self._all()
        return _measured(true[rows], predicted[rows])

    def _all(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return all rows so far as one batch, and release the single batches."""
        self._true, self._predicted = [np.concatenate(self._true)], [np.concatenate(self._predicted)]
        return self._true[0], self._predicted[0]

    def _of_baselines(self, true: NDArray[np.float64]) -> dict[str, dict[str, float]]:
        answers = self._baselines.predictions() if self._baselines else {}
        return {name: errors(true, answer) for name, answer in answers.items()}


def errors(true: NDArray[np.float64], predicted: NDArray[np.float64]) -> dict[str, float]:
    """Return mean absolute error, root mean squared error and R squared of (rows,) values, at least one row.

    R squared is 1 - (sum of squared errors) / (sum of squared distances from the mean of `true`): 0 is what answering
    always that mean would reach; it is 0 too where all of `true` are the same.
    """
    return _errors_of_sums(np.array([len(true), *(term.sum() for term in _terms(true, predicted))]))


def residuals(true: NDArray[np.float64], predicted: NDArray[np.float64]) -> dict[str, Any]:
    """Return a histogram of `predicted - true`, symmetric about 0, and (true, predicted) of a sample of rows."""
    off = predicted - true
    reach = float(np.abs(off).max()) or 1.0
    counts, edges = np.histogram(off, BARS, (-reach, reach))
    chosen = np.arange(min(POINTS, len(true))) * len(true) // min(POINTS, len(true))
    points = np.stack([true[chosen], predicted[chosen]], axis=1)
    return {"edges": edges.tolist(), "counts": counts.tolist(), "points": points.round(6).tolist()}


def _measured(true: NDArray[np.float64], predicted: NDArray[np.float64]) -> dict[str, Any]:
    intervals = sum_intervals(_errors_of_sums, _terms(true, predicted))
    return {"rows": len(true), "metrics": errors(true, predicted), "intervals": intervals}


def _terms(true: NDArray[np.float64], predicted: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return the terms that are summed: absolute and squared errors, distances from the mean and their squares."""
    off, from_mean = predicted - true, true - true.mean()
    return np.abs(off), off**2, from_mean, from_mean**2


def _errors_of_sums(sums: NDArray[np.float64]) -> dict[str, float]:
    rows, absolute, squared, from_mean, from_mean_squared = sums.tolist()
    spread = from_mean_squared - from_mean**2 / rows
    return {
        "mean_absolute_error": absolute / rows,
        "root_mean_squared_error": (squared / rows) ** 0.5,
        "r_squared": 1.0 - squared / spread if spread > ROUNDING * from_mean_squared else 0.0,
    }
