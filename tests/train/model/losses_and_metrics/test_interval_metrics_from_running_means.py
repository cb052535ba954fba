"""Figures of steps are those of their rows: padding counts nothing, and neither do the steps before."""

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from headrace.train.model.losses_and_metrics.interval_metrics_from_running_means import RunningMetrics, metrics_between
from headrace.train.model.losses_and_metrics.row_metrics import RowLossSum

pytestmark = pytest.mark.tensorflow

BATCH = 4
# Three steps; the last has one row and three of padding.
ROWS = (4, 4, 1)
ERRORS = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0])
PENALTY = 0.25


def running(steps: int) -> RunningMetrics:
    """Return Keras's own results after `steps` steps."""
    rows = sum(ROWS[:steps])
    metrics = keras.metrics.MeanAbsoluteError(), keras.metrics.RootMeanSquaredError()
    loss = keras.metrics.Mean()
    for step in range(steps):
        errors, weights = batch(step)
        # Keras divides by all rows of a batch, and adds the penalty to each batch.
        loss.update_state((errors * weights).mean() + PENALTY, BATCH)
        for metric in metrics:
            metric.update_state(np.zeros((BATCH, 1)), errors[:, None], weights)
    mean, root = (float(metric.result()) for metric in metrics)
    results = {"mean_absolute_error": mean, "root_mean_squared_error": root, "auc": 0.5, "macro_f1": 0.5}
    return RunningMetrics(steps, rows, results | {"loss": float(loss.result()), RowLossSum.NAME: ERRORS[:rows].sum()})


def batch(step: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return errors and weights of a step's rows, padded."""
    begin, rows = sum(ROWS[:step]), ROWS[step]
    padding = np.zeros(BATCH - rows)
    return np.concatenate([ERRORS[begin : begin + rows], padding]), np.concatenate([np.ones(rows), padding])


@pytest.mark.parametrize(("first", "last"), [(0, 1), (1, 2), (2, 3), (1, 3), (0, 3)])
def test_figures_are_those_of_the_rows_in_between(first: int, last: int) -> None:
    before = running(first) if first else RunningMetrics()
    errors = ERRORS[sum(ROWS[:first]) : sum(ROWS[:last])]
    assert metrics_between(before, running(last), BATCH) == pytest.approx(
        {
            "loss": errors.mean() + PENALTY,
            "mean_absolute_error": errors.mean(),
            "root_mean_squared_error": np.sqrt((errors**2).mean()),
        },
        rel=1e-5,
    )


def test_steps_without_a_row_have_no_figures() -> None:
    after = running(1)
    assert metrics_between(after, after._replace(steps=2), BATCH) == {}


def test_rounding_does_not_lead_out_of_the_range_of_a_metric() -> None:
    """Keras's results are 32-bit floats, and each is of all rows so far."""
    names = ("accuracy", "top_5_accuracy", "mean_absolute_error")
    before = RunningMetrics(1, 3, dict.fromkeys(names, 0.99999994) | {"mean_absolute_error": 1e-9})
    after = RunningMetrics(2, 6, dict.fromkeys(names, 1.0) | {"mean_absolute_error": 0.0})
    expected = {"accuracy": 1.0, "top_5_accuracy": 1.0, "mean_absolute_error": 0.0}
    assert metrics_between(before, after, 3) == expected
