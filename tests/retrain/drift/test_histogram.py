"""The stability index is 0 for equal shares, grows with the distance, and knows what chance may do."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.config.sections.retraining import Drift
from headrace.retrain.drift.histogram import (
    aligned,
    has_drifted,
    population_stability_index,
    psi_noise_threshold,
    rounded,
    total,
    values_psi,
)


def test_the_index_is_the_sum_over_bins_of_difference_times_log_ratio() -> None:
    # Half a row is added to each bin.
    then, now = (50.5 / 101, 50.5 / 101), (25.5 / 101, 75.5 / 101)
    expected = sum((q - p) * math.log(q / p) for p, q in zip(then, now, strict=True))
    assert population_stability_index([50, 50], [25, 75]) == pytest.approx(expected)
    assert population_stability_index([50, 50], [50, 50]) == 0


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=20).filter(any), st.randoms(use_true_random=False))
def test_it_is_never_negative_and_the_same_both_ways(counts: list[int], random: object) -> None:
    others = counts[::-1]
    assert population_stability_index(counts, others) >= 0
    assert population_stability_index(counts, others) == pytest.approx(population_stability_index(others, counts))


def test_values_are_kept_to_eight_significant_bits() -> None:
    kept = rounded([1.0, 1.001, 2.0, -3.5, 0.0])
    assert kept == {1.0: 2, 2.0: 1, -3.5: 1, 0.0: 1}
    assert max(abs(value - 200.3) for value in rounded([200.3])) <= 200.3 / 256


def test_histograms_add_up() -> None:
    assert total([rounded([1.0, 2.0]), rounded([2.0])]) == rounded([1.0, 2.0, 2.0])


def test_bins_hold_equal_shares_of_the_reference_and_values_beyond_it_fall_into_the_last() -> None:
    random = np.random.default_rng(0)
    reference = rounded(random.normal(100, 10, 20_000))
    assert values_psi(reference, rounded(random.normal(100, 10, 20_000)), 10) < 0.01
    assert 0.15 < values_psi(reference, rounded(random.normal(105, 10, 20_000)), 10) < 0.4
    assert values_psi(reference, rounded(np.full(100, 1e6)), 10) > 4


def test_a_reference_of_one_value_makes_one_bin() -> None:
    assert values_psi(rounded([5.0] * 10), rounded([7.0] * 10), 10) == 0


@pytest.mark.parametrize("rows", [40, 400, 4000])
def test_equal_populations_look_drifted_as_rarely_as_was_said(rows: int) -> None:
    random = np.random.default_rng(rows)
    bound = psi_noise_threshold(10, (rows, rows), 0.05)
    pairs = (random.multinomial(rows, [0.1] * 10, 2).tolist() for _ in range(1000))
    exceeded = sum(population_stability_index(*pair) > bound for pair in pairs)
    assert 15 < exceeded < 90


def test_the_bound_and_chance_must_both_be_exceeded() -> None:
    settings = Drift(psi=0.2, false_alarm_rate=0.001)
    assert has_drifted(0.3, 10, (10_000, 10_000), settings)
    assert not has_drifted(0.1, 10, (10_000, 10_000), settings)
    assert not has_drifted(0.3, 10, (50, 50), settings)


def test_counts_by_name_are_brought_into_one_order() -> None:
    assert aligned({"b": 1, "a": 2}, {"c": 3, "b": 4}) == ([2, 1, 0], [0, 4, 3])
