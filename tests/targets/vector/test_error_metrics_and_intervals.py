"""Errors of vectors equal scikit-learn's, and their intervals agree with resampled rows."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from headrace.targets.vector import error_metrics_and_intervals as errors

Vectors = NDArray[np.float32]


def some_vectors(rows: int, spread: float = 1.0) -> tuple[Vectors, Vectors]:
    """Return true and predicted vectors of three components of other scales."""
    random = np.random.default_rng(0)
    true = random.normal(size=(rows, 3)) * [1, 10, 100] + [0, 50, -300]
    return true.astype("float32"), (true + random.normal(0, spread, (rows, 3)) * [1, 10, 100]).astype("float32")


def test_errors_are_those_of_all_components() -> None:
    true, predicted = some_vectors(200)
    found, true, predicted = errors.errors(true, predicted), *map(np.float64, (true, predicted))
    assert found["mean_absolute_error"] == pytest.approx(mean_absolute_error(true, predicted), rel=1e-6)
    assert found["root_mean_squared_error"] == pytest.approx(np.sqrt(((true - predicted) ** 2).mean()), rel=1e-6)
    assert found["r_squared"] == pytest.approx(r2_score(true, predicted, multioutput="uniform_average"), rel=1e-6)


def test_each_component_has_its_errors() -> None:
    true, predicted = some_vectors(200)
    found, true, predicted = (
        errors.component_errors(true, predicted),
        *map(np.float64, (true, predicted)),
    )
    raw = "raw_values"
    shares = r2_score(true, predicted, multioutput=raw)
    roots = root_mean_squared_error(true, predicted, multioutput=raw)
    assert [one["r_squared"] for one in found] == pytest.approx(shares, rel=1e-6)
    assert [one["root_mean_squared_error"] for one in found] == pytest.approx(roots, rel=1e-6)


def test_constant_component_has_no_share_and_does_not_count() -> None:
    true, predicted = some_vectors(50)
    true[:, 1] = 7
    found, first = (
        errors.errors(true, predicted),
        errors.component_errors(true, predicted),
    )
    assert first[1]["r_squared"] is None
    assert found["r_squared"] == pytest.approx(np.mean([first[0]["r_squared"], first[2]["r_squared"]]))
    assert errors.errors(np.full_like(true, 7), predicted)["r_squared"] == 0


def test_mean_vector_has_a_share_of_0() -> None:
    true, _ = some_vectors(50)
    mean = np.broadcast_to(true.mean(0, dtype=np.float64), true.shape)
    assert errors.errors(true, mean)["r_squared"] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("rows", [300, 3 * errors.GROUPS])
def test_intervals_agree_with_resampled_rows(rows: int) -> None:
    """Of many rows, groups are resampled."""
    true, predicted = some_vectors(rows)
    random = np.random.default_rng(5)
    draws = [errors.errors(true[drawn], predicted[drawn]) for drawn in random.integers(0, rows, (500, rows))]
    for name, interval in errors.error_intervals(true, predicted).items():
        expected = np.percentile([draw[name] for draw in draws], [2.5, 97.5])
        assert np.array(interval) == pytest.approx(expected, abs=0.2 * (expected[1] - expected[0]))


def test_error_of_a_row_is_the_root_mean_square_of_its_components() -> None:
    found = errors.row_errors(np.zeros((2, 2), np.float32), np.array([[3, 4], [0, 1]], np.float32))
    assert found == pytest.approx([np.sqrt(12.5), np.sqrt(0.5)])
