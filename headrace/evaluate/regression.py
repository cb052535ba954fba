"""How near a model comes to numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.evaluate.baselines import Baselines
from headrace.evaluate.bootstrap import pair_intervals
from headrace.evaluate.judged import Judged
from headrace.schema import Contract

WORST = 24
# Of a figure of residuals: so many bars of equal width, and so many rows at most as points.
BARS = 31
POINTS = 500


class Regression:
    """Judges answers that are one number a row; of windows also what persistence would have answered."""

    def __init__(self, contract: Contract | None = None) -> None:
        self._baselines = Baselines(contract) if contract else None
        self._paths: list[str] = []
        self._true: list[NDArray[np.float64]] = []
        self._predicted: list[NDArray[np.float64]] = []

    def add(self, batch: Judged) -> None:
        """Consider one batch."""
        self._paths += batch.paths.tolist()
        self._true.append(batch.targets.astype(np.float64))
        self._predicted.append(batch.answers[:, 0].astype(np.float64))
        if self._baselines:
            self._baselines.add(batch.inputs)

    def figures(self) -> dict[str, Any]:
        """Metrics and their intervals, those of baselines, residuals and the rows with the largest errors."""
        true, predicted = np.concatenate(self._true), np.concatenate(self._predicted)
        worst = np.argsort(-np.abs(predicted - true), kind="stable")[:WORST]
        return {
            "task": "regression",
            "rows": len(true),
            "metrics": errors(true, predicted),
            "intervals": pair_intervals(errors, true, predicted),
            "baselines": self._of_baselines(true),
            "residuals": residuals(true, predicted),
            "worst": [
                {"path": self._paths[i], "value": float(true[i]), "predicted": float(predicted[i])} for i in worst
            ],
        }

    def _of_baselines(self, true: NDArray[np.float64]) -> dict[str, dict[str, float]]:
        answers = self._baselines.answers() if self._baselines else {}
        return {name: errors(true, answer) for name, answer in answers.items()}


def errors(true: NDArray[np.float64], predicted: NDArray[np.float64]) -> dict[str, float]:
    """Mean absolute error, root mean squared error, and R squared; (rows,) both, at least one row.

    R squared is 1 - (sum of squared errors) / (sum of squared distances from the mean of `true`): 0 is what answering
    always that mean would reach; it is 0 too where all of `true` are the same.
    """
    off = predicted - true
    spread = float(((true - true.mean()) ** 2).sum())
    return {
        "mean_absolute_error": float(np.abs(off).mean()),
        "root_mean_squared_error": float(np.sqrt((off**2).mean())),
        "r_squared": 1.0 - float((off**2).sum()) / spread if spread else 0.0,
    }


def residuals(true: NDArray[np.float64], predicted: NDArray[np.float64]) -> dict[str, Any]:
    """What a figure of `predicted - true` needs: a histogram symmetric about 0, and (true, predicted) of some rows."""
    off = predicted - true
    reach = float(np.abs(off).max()) or 1.0
    counts, edges = np.histogram(off, BARS, (-reach, reach))
    chosen = np.arange(min(POINTS, len(true))) * len(true) // min(POINTS, len(true))
    points = np.stack([true[chosen], predicted[chosen]], axis=1)
    return {"edges": edges.tolist(), "counts": counts.tolist(), "points": points.round(6).tolist()}
