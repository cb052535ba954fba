"""Intervals hold the figure, are those of resampled rows, and narrow with more rows."""

import numpy as np
import pytest

from headrace.evaluate.bootstrap import confusion_intervals, lower_bound, pair_intervals
from headrace.evaluate.regression import errors

CONFUSION = np.array([[80, 20], [10, 90]])


def test_the_interval_of_an_accuracy_is_that_of_the_binomial_distribution() -> None:
    low, high = confusion_intervals(CONFUSION)["accuracy"]
    spread = 1.96 * np.sqrt(0.85 * 0.15 / 200)
    assert (low, high) == (pytest.approx(0.85 - spread, abs=0.01), pytest.approx(0.85 + spread, abs=0.01))


def test_drawing_cells_is_drawing_rows() -> None:
    labels, predicted = np.repeat([0, 0, 1, 1], [80, 20, 10, 90]), np.repeat([0, 1, 0, 1], [80, 20, 10, 90])
    by_rows = pair_intervals(lambda t, p: {"accuracy": float((t == p).mean())}, labels, predicted)
    assert confusion_intervals(CONFUSION)["accuracy"] == pytest.approx(by_rows["accuracy"], abs=0.01)


def test_a_hundred_times_the_rows_give_a_tenth_of_the_interval() -> None:
    few, many = (confusion_intervals(CONFUSION * times)["macro_f1"] for times in (1, 100))
    assert (many[1] - many[0]) * 10 == pytest.approx(few[1] - few[0], rel=0.25)


def test_of_numbers_there_is_an_interval_for_every_error_which_holds_it() -> None:
    random = np.random.default_rng(2)
    true = random.normal(0, 2, 300)
    predicted = true + random.normal(0, 1, 300)
    found = pair_intervals(errors, true, predicted)
    for name, value in errors(true, predicted).items():
        assert found[name][0] < value < found[name][1]
    spread = 1.96 * np.abs(predicted - true).std() / np.sqrt(300)
    assert found["mean_absolute_error"][1] - found["mean_absolute_error"][0] == pytest.approx(2 * spread, rel=0.2)


def test_the_same_rows_give_the_same_interval() -> None:
    assert confusion_intervals(CONFUSION) == confusion_intervals(CONFUSION)


def test_a_lower_bound_is_one_sided_and_falls_with_the_confidence() -> None:
    gains = np.repeat([1.0, 0.0, -1.0], [60, 320, 20])
    bounds = [lower_bound(lambda rows: float(gains[rows].mean()), len(gains), level) for level in (0.6, 0.95, 0.999)]
    assert bounds == sorted(bounds, reverse=True)
    spread = 1.645 * gains.std() / np.sqrt(len(gains))
    assert bounds[1] == pytest.approx(gains.mean() - spread, abs=0.008)
    assert lower_bound(lambda rows: 0.25, 10, 0.95) == 0.25
