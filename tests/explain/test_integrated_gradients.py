"""Integrated gradients of functions whose integrals are known, and the axiom of completeness."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.explain.integrated_gradients import DOUBLINGS, TOLERANCE, Floats, integrate

Numbers = st.lists(st.floats(-10, 10, width=32), min_size=1, max_size=6)


class PowerWay:
    """f(x) = sum of weights * x ** power, from 0 to `end`; the slopes of each place are known in closed form."""

    scale = 1.0

    def __init__(self, end: list[float], weights: list[float], power: int) -> None:
        self.end, self.weights, self.power = np.array(end), np.array(weights), power
        self.asked: list[int] = []

    def scores(self, places: Floats) -> Floats:
        return ((places[:, None] * self.end) ** self.power @ self.weights).astype(np.float32)

    def gradients(self, places: Floats) -> Floats:
        self.asked.append(len(places))
        along = places[:, None] * self.end
        return (self.weights * self.power * along ** (self.power - 1) * self.end).astype(np.float32)


class StepWay:
    """0, and 1 from `place` on; its slope is `slope` everywhere, which is wrong."""

    scale = 1.0

    def __init__(self, slope: float) -> None:
        self.slope = slope

    def scores(self, places: Floats) -> Floats:
        return (places > 0.5).astype(np.float32)

    def gradients(self, places: Floats) -> Floats:
        return np.full((len(places), 1), self.slope, np.float32)


@given(end=Numbers, seed=st.integers(0, 99))
def test_of_a_linear_function_each_part_adds_its_weight_times_its_way(end: list[float], seed: int) -> None:
    weights = np.random.default_rng(seed).normal(size=len(end))
    found = integrate(PowerWay(end, list(weights), 1), 1)
    assert found.attributions == pytest.approx(weights * end, rel=1e-4, abs=1e-4)
    assert found.complete


@pytest.mark.parametrize("power", [2, 3, 4])
def test_of_powers_each_part_adds_its_own_term(power: int) -> None:
    found = integrate(PowerWay([1.0, -2.0, 0.5], [1.0, 0.5, -3.0], power), 200)
    assert found.attributions == pytest.approx(np.array([1.0, 0.5, -3.0]) * np.array([1, -2, 0.5]) ** power, rel=1e-3)
    assert found.baseline == 0.0


@given(end=Numbers, power=st.integers(1, 4), steps=st.integers(1, 16))
def test_what_is_called_complete_sums_to_the_difference(end: list[float], power: int, steps: int) -> None:
    found = integrate(PowerWay(end, [1.0] * len(end), power), steps)
    missing = abs(found.attributions.sum() - (found.input - found.baseline))
    assert found.gap == pytest.approx(missing)
    assert found.complete == (missing <= TOLERANCE * max(1.0, abs(found.input - found.baseline)))
    assert found.steps in [steps << doubled for doubled in range(DOUBLINGS + 1)]


def test_steps_are_doubled_until_the_gap_is_small_and_no_further() -> None:
    few = integrate(PowerWay([1.0], [10.0], 4), 2)
    assert 2 < few.steps < 2 << DOUBLINGS
    assert few.complete
    assert integrate(PowerWay([1.0], [10.0], 4), 64).steps == 64


def test_a_gap_that_stays_is_told_at_the_bound() -> None:
    found = integrate(StepWay(slope=0.25), 4)
    assert found.steps == 4 << DOUBLINGS
    assert found.gap == pytest.approx(0.75)
    assert not found.complete


def test_a_part_that_is_as_in_the_baseline_adds_nothing() -> None:
    found = integrate(PowerWay([0.0, 1.0], [5.0, 1.0], 2), 32)
    assert found.attributions[0] == 0.0


def test_only_some_places_of_a_long_way_are_in_memory_at_once() -> None:
    way = PowerWay([1.0], [1.0], 1)
    integrate(way, 150)
    assert way.asked == [64, 64, 22]
