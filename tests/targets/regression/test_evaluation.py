"""Regression metrics agree with hand calculations and do not depend on the batches."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.targets.regression.evaluation import Regression, errors, residuals

TRUE = np.array([1.0, 2.0, 3.0, 6.0])
PREDICTED = np.array([1.0, 3.0, 3.0, 4.0])
numbers = st.floats(-1e3, 1e3, width=32)
pairs = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=80)


def make_batch(true: np.ndarray, predicted: np.ndarray) -> EvaluationBatch:
    """Return an evaluation batch of these values."""
    paths = np.array([f"row {number}" for number in range(len(true))])
    return EvaluationBatch(
        paths, true.astype("float32"), np.zeros((len(true), 1)), predicted.astype("float32")[:, None]
    )


def test_errors_agree_with_hand_calculation() -> None:
    found = errors(TRUE, PREDICTED)
    assert found == {
        "mean_absolute_error": pytest.approx(3 / 4),
        "root_mean_squared_error": pytest.approx(math.sqrt(5 / 4)),
        "r_squared": pytest.approx(1 - 5 / 14),
    }


def test_r_squared_of_constant_mean_is_0() -> None:
    assert errors(TRUE, np.full(4, 3.0))["r_squared"] == pytest.approx(0)
    assert errors(np.full(4, 3.0), PREDICTED)["r_squared"] == 0


@settings(max_examples=30, deadline=None)
@given(pairs, st.integers(1, 80))
def test_metrics_do_not_depend_on_batch_size(rows: list[tuple[float, float]], size: int) -> None:
    true, predicted = np.array(rows).T
    evaluator = Regression()
    for begin in range(0, len(true), size):
        evaluator.add(make_batch(true[begin : begin + size], predicted[begin : begin + size]))
    record = evaluator.metrics()
    assert record["metrics"] == pytest.approx(errors(true, predicted), rel=1e-6, abs=1e-6)
    assert record["rows"] == sum(record["residuals"]["counts"]) == len(rows)
    assert json.loads(json.dumps(record))["metrics"] == record["metrics"]


def test_worst_rows_have_the_largest_errors() -> None:
    evaluator = Regression()
    evaluator.add(make_batch(TRUE, PREDICTED))
    first, second = evaluator.metrics()["worst"][:2]
    assert first == {"path": "row 3", "value": 6.0, "predicted": 4.0, "png": None}
    assert second == {"path": "row 1", "value": 2.0, "predicted": 3.0, "png": None}


def test_worst_rows_of_all_batches_keep_their_images() -> None:
    evaluator, random = Regression(), np.random.default_rng(1)
    true, predicted = random.normal(0, 1, (2, 300))
    for begin in range(0, 300, 50):
        rows = slice(begin, begin + 50)
        paths = np.array([f"row {number}" for number in range(begin, begin + 50)])
        inputs = np.zeros((50, 2, 2, 3), np.uint8)
        evaluator.add(EvaluationBatch(paths, true[rows], inputs, predicted[rows, None].astype(np.float32)))
    worst = evaluator.metrics()["worst"]
    order = np.argsort(-np.abs(predicted - true))[: len(worst)]
    assert len(worst) == 24
    assert [one["path"] for one in worst] == [f"row {number}" for number in order]
    assert all(one["png"] for one in worst)


def test_residual_histogram_is_symmetric_and_counts_every_row() -> None:
    found = residuals(TRUE, PREDICTED)
    assert (found["edges"][0], found["edges"][-1]) == (-2.0, 2.0)
    assert sum(found["counts"]) == 4
    assert found["points"] == [[1, 1], [2, 3], [3, 3], [6, 4]]


def test_residual_points_are_told_apart_in_any_unit() -> None:
    points = residuals(TRUE * 1e-12, PREDICTED * 1e-12)["points"]
    assert points == [[1e-12, 1e-12], [2e-12, 3e-12], [3e-12, 3e-12], [6e-12, 4e-12]]


def test_residual_histogram_of_perfect_predictions_counts_every_row() -> None:
    assert sum(residuals(TRUE, TRUE)["counts"]) == 4
