"""Evaluation of models that predict vectors."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.evaluate.confidence_intervals import drop_degenerate
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.evaluate.mistake_renderer_interface import Renderer, picture
from headrace.evaluate.worst_mistakes import Mistake, WorstMistakes
from headrace.one_or_several_inputs import select_rows
from headrace.targets.vector.error_metrics_and_intervals import (
    component_errors,
    error_intervals,
    error_quantiles,
    errors,
    row_errors,
)

BARS = 31


def make_evaluator(contract: Contract, show: Renderer, training_rows: Mapping[str, int]) -> "VectorRegression":
    """See `EvaluationInterface`."""
    return VectorRegression(show)


class VectorRegression:
    """Evaluates predictions that are one vector per row, and the baseline that predicts the mean vector."""

    def __init__(self, show: Renderer = picture) -> None:
        self._true: list[NDArray[np.float32]] = []
        self._predicted: list[NDArray[np.float32]] = []
        self._worst = WorstMistakes()
        self._show = show

    def add(self, batch: EvaluationBatch) -> None:
        """Add one batch."""
        true, predicted = batch.targets, batch.predictions
        self._true.append(true)
        self._predicted.append(predicted)
        found = row_errors(true, predicted)
        for row in self._worst.candidates(found, batch.paths):
            worst = int(np.abs(predicted[row].astype(np.float64) - true[row]).argmax())
            details = {
                "error": float(found[row]),
                "component": worst,
                "value": float(true[row, worst]),
                "predicted": float(predicted[row, worst]),
            }
            self._worst.add(Mistake(float(found[row]), str(batch.paths[row]), details, select_rows(batch.inputs, row)))

    def metrics(self) -> dict[str, Any]:
        """Return metrics with intervals, the baseline, components, and the errors of rows with the largest ones.

        The error of a row is the root mean square over its components; of the worst rows, `component` is the one that
        is farthest off.
        """
        true, predicted = self._all()
        mean = np.broadcast_to(true.mean(0, dtype=np.float64), true.shape)
        return {
            "task": "vector",
            **_compute_metrics(true, predicted),
            "baselines": {"mean": errors(true, mean)},
            "components": component_errors(true, predicted),
            "row_errors": _distribution(true, predicted),
            "worst": [mistake.describe(self._show) for mistake in self._worst.worst_first()],
        }

    def slice_metrics(self, rows: NDArray[np.bool_]) -> dict[str, Any]:
        """See `Evaluator`."""
        true, predicted = self._all()
        return _compute_metrics(true[rows], predicted[rows])

    def _all(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Concatenate the batches so far, so that they are released, and return all rows."""
        self._true, self._predicted = [np.concatenate(self._true)], [np.concatenate(self._predicted)]
        return self._true[0], self._predicted[0]


def _distribution(true: NDArray[np.float32], predicted: NDArray[np.float32]) -> dict[str, Any]:
    """Return a histogram of the errors of rows from 0 on, and their quantiles."""
    found = row_errors(true, predicted)
    counts, edges = np.histogram(found, BARS, (0.0, float(found.max()) or 1.0))
    return {"edges": edges.tolist(), "counts": counts.tolist(), "quantiles": error_quantiles(true, predicted)}


def _compute_metrics(true: NDArray[np.float32], predicted: NDArray[np.float32]) -> dict[str, Any]:
    intervals = drop_degenerate(error_intervals(true, predicted))
    return {"rows": len(true), "metrics": errors(true, predicted), "intervals": intervals}
