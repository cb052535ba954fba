"""Calibration agrees with hand calculations, a plain loop and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from headrace.evaluate.calibration import BINS, Bin, brier_scores, expected_calibration_error, reliability

rows = st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=1, max_size=80)


def test_expected_calibration_error_agrees_with_hand_calculation() -> None:
    # Two rows in the bin from 0.8 to 0.867, one of them right; two in the last bin, both right.
    bins = reliability(np.array([0.85, 0.81, 0.95, 0.99]), np.array([True, False, True, True]))
    assert bins == [
        Bin(low=12 / 15, high=13 / 15, rows=2, confidence=pytest.approx(0.83), accuracy=0.5),
        Bin(low=14 / 15, high=1.0, rows=2, confidence=pytest.approx(0.97), accuracy=1.0),
    ]
    assert expected_calibration_error(bins) == pytest.approx((2 * 0.33 + 2 * 0.03) / 4)


def test_confidence_between_two_bins_belongs_to_lower_one() -> None:
    (found,) = reliability(np.array([0.2]), np.array([True]))
    assert (found.low, found.high) == (2 / 15, 0.2)


@given(rows)
def test_reliability_agrees_with_plain_loop(found: list[tuple[float, bool]]) -> None:
    confidence, right = np.array([one for one, _ in found]), np.array([one for _, one in found])
    bins, error = reliability(confidence, right), 0.0
    for place in range(BINS):
        inside = (confidence > place / BINS) & (confidence <= (place + 1) / BINS) | ((place == 0) & (confidence == 0))
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    assert sum(one.rows for one in bins) == len(found)
    assert expected_calibration_error(bins) == pytest.approx(error, abs=1e-9)


def test_calibrated_model_has_no_calibration_error() -> None:
    random = np.random.default_rng(3)
    confidence = random.random(200_000)
    assert expected_calibration_error(reliability(confidence, random.random(200_000) < confidence)) < 0.005


@given(rows)
def test_brier_score_of_two_classes_is_twice_that_of_scikit_learn(found: list[tuple[float, bool]]) -> None:
    probability, labels = np.array([one for one, _ in found], np.float32), np.array([int(one) for _, one in found])
    both = np.stack([1 - probability, probability], axis=1)
    expected = 2 * brier_score_loss(labels, probability, pos_label=1)
    assert brier_scores(labels, both).mean() == pytest.approx(expected, abs=1e-6)
