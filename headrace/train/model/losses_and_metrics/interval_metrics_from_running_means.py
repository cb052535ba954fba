"""Loss and metrics of an interval of steps, recovered from the values that Keras accumulates over an epoch."""

import math
from typing import NamedTuple

from headrace.train.callbacks.exact_metrics import Logs
from headrace.train.model.losses_and_metrics.row_metrics import RowLossSum

# Ratios of sums, which the results at two moments do not determine.
NOT_MEANS = frozenset(("auc", "macro_f1", "micro_f1"))
ROOT_OF_MEAN = "root_mean_squared_error"


class RunningMetrics(NamedTuple):
    """The results of one rank after some steps of an epoch.

    Attributes:
        steps: steps since the results were reset.
        rows: rows of these steps, without padding.
        results: the loss and the metrics over these rows, and the sum of their losses, `RowLossSum`.
    """

    steps: int = 0
    rows: int = 0
    results: Logs = {}  # noqa: RUF012  never changed


def metrics_between(before: RunningMetrics, after: RunningMetrics, batch_size: int) -> Logs:
    """Return the loss and the metrics over the rows between two moments of an epoch, without padding.

    Args:
        batch_size: rows of a step on the rank, padding included.
    """
    if after.rows == before.rows:
        return {}
    names = [name for name in after.results if name not in NOT_MEANS | {RowLossSum.NAME}]
    return {
        name: _loss_between(before, after, batch_size) if name == "loss" else _metric_between(name, before, after)
        for name in names
    }


def _metric_between(name: str, before: RunningMetrics, after: RunningMetrics) -> float:
    power, rows = (2 if name == ROOT_OF_MEAN else 1), after.rows - before.rows
    total = after.results[name] ** power * after.rows - before.results.get(name, 0.0) ** power * before.rows
    value = max(0.0, total / rows)
    # The results are 32-bit floats: the difference of two may be a share of 1.00000001, or an error below 0.
    return math.sqrt(value) if power == 2 else min(value, 1.0) if "accuracy" in name else value


def _loss_between(before: RunningMetrics, after: RunningMetrics, batch_size: int) -> float:
    """Return the mean loss of the rows plus the mean penalty of the steps; Keras counts padding as rows of loss 0."""
    steps, rows = after.steps - before.steps, after.rows - before.rows
    mean = (after.results["loss"] * after.steps - before.results.get("loss", 0.0) * before.steps) / steps
    if rows == steps * batch_size:
        return mean
    row_losses = after.results[RowLossSum.NAME] - before.results.get(RowLossSum.NAME, 0.0)
    return row_losses / rows + mean - row_losses / (steps * batch_size)
