"""The population stability index is 0 for equal shares, grows with the distance, and has a noise threshold."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.config.sections.retraining import Drift
from headrace.retrain.drift.population_stability import (
    align_counts,
    has_drifted,
    merge_histograms,
    population_stability_index,
    psi_noise_threshold,
    value_counts,
    values_psi,
)


def test_psi_is_the_sum_of_difference_times_log_ratio() -> None:
    # A pseudocount of half a row is added to each bin.
    reference, current = (50.5 / 101, 50.5 / 101), (25.5 / 101, 75.5 / 101)
    expected = sum((q - p) * math.log(q / p) for p, q in zip(reference, current, strict=True))
    assert population_stability_index([50, 50], [25, 75]) == pytest.approx(expected)
    assert population_stability_index([50, 50], [50, 50]) == 0


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=20).filter(any), st.randoms(use_true_random=False))
def test_psi_is_nonnegative_and_symmetric(counts: list[int], random: object) -> None:
    others = counts[::-1]
    assert population_stability_index(counts, others) >= 0
    assert population_stability_index(counts, others) == pytest.approx(population_stability_index(others, counts))


def test_value_counts_rounds_to_eight_significant_bits() -> None:
    counts = value_counts([1.0, 1.001, 2.0, -3.5, 0.0])
    assert counts == {1.0: 2, 2.0: 1, -3.5: 1, 0.0: 1}
    assert max(abs(value - 200.3) for value in value_counts([200.3])) <= 200.3 / 256


def test_merge_histograms_adds_counts() -> None:
    assert merge_histograms([value_counts([1.0, 2.0]), value_counts([2.0])]) == value_counts([1.0, 2.0, 2.0])


def test_bins_hold_equal_shares_of_the_reference() -> None:
    random = np.random.default_rng(0)
    reference = value_counts(random.normal(100, 10, 20_000))
    assert values_psi(reference, value_counts(random.normal(100, 10, 20_000)), 10) < 0.01
    assert 0.15 < values_psi(reference, value_counts(random.normal(105, 10, 20_000)), 10) < 0.4
    assert values_psi(reference, value_counts(np.full(100, 1e6)), 10) > 4


@pytest.mark.parametrize("value", [3.0, 7.0])
def test_values_beyond_a_constant_reference_are_seen(value: float) -> None:
    reference = value_counts([5.0] * 400)
    assert values_psi(reference, value_counts([5.0] * 300), 10) < 0.01
    assert values_psi(reference, value_counts([value] * 300), 10) > 4


@pytest.mark.parametrize("values", [(-1.0, 1.0), (0.0, 2.0)])
def test_values_beyond_a_frequent_end_of_the_reference_are_seen(values: tuple[float, float]) -> None:
    """As brightness of images that are black or white, or counts that are mostly 0."""
    reference = value_counts([0.0] * 200 + [1.0] * 200)
    assert values_psi(reference, value_counts([0.0] * 150 + [1.0] * 150), 10) < 0.01
    assert values_psi(reference, value_counts([*values] * 150), 10) > 1


@pytest.mark.parametrize("rows", [40, 400, 4000])
def test_noise_threshold_has_the_requested_false_alarm_rate(rows: int) -> None:
    random = np.random.default_rng(rows)
    bound = psi_noise_threshold(10, (rows, rows), 0.05)
    pairs = (random.multinomial(rows, [0.1] * 10, 2).tolist() for _ in range(1000))
    exceeded = sum(population_stability_index(*pair) > bound for pair in pairs)
    assert 15 < exceeded < 90


def test_drift_exceeds_both_bound_and_noise_threshold() -> None:
    settings = Drift(psi=0.2, false_alarm_rate=0.001)
    assert has_drifted(0.3, 10, (10_000, 10_000), settings)
    assert not has_drifted(0.1, 10, (10_000, 10_000), settings)
    assert not has_drifted(0.3, 10, (50, 50), settings)


def test_align_counts_uses_one_order() -> None:
    assert align_counts({"b": 1, "a": 2}, {"c": 3, "b": 4}) == ([2, 1, 0], [0, 4, 3])
