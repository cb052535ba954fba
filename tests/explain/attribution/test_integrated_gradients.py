"""Integrated gradients of functions with known integrals, and the axiom of completeness."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.explain.attribution.integrated_gradients import DOUBLINGS, TOLERANCE, Floats, integrate

Numbers = st.lists(st.floats(-10, 10, width=32), min_size=1, max_size=6)


class PowerPath:
    """The path from 0 to `end` for f(x) = sum of weights * x ** power, whose gradients have a closed form."""

    scale = 1.0

    def __init__(self, end: list[float], weights: list[float], power: int) -> None:
        self.end, self.weights, self.power = np.array(end), np.array(weights), power
        self.batch_sizes: list[int] = []

    def scores(self, alphas: Floats) -> Floats:
        return ((alphas[:, None] * self.end) ** self.power @ self.weights).astype(np.float32)

    def gradients(self, alphas: Floats) -> Floats:
        self.batch_sizes.append(len(alphas))
        x = alphas[:, None] * self.end
        return (self.weights * self.power * x ** (self.power - 1) * self.end).astype(np.float32)


class StepPath:
    """A step function, 0 below alpha 0.5 and 1 above, that reports the wrong gradient `gradient` everywhere."""

    scale = 1.0

    def __init__(self, gradient: float) -> None:
        self.gradient = gradient

    def scores(self, alphas: Floats) -> Floats:
        return (alphas > 0.5).astype(np.float32)

    def gradients(self, alphas: Floats) -> Floats:
        return np.full((len(alphas), 1), self.gradient, np.float32)


@given(end=Numbers, seed=st.integers(0, 99))
def test_attributions_of_linear_function_are_weights_times_input(end: list[float], seed: int) -> None:
    weights = np.random.default_rng(seed).normal(size=len(end))
    attribution = integrate(PowerPath(end, list(weights), 1), 1)
    assert attribution.attributions == pytest.approx(weights * end, rel=1e-4, abs=1e-4)
    assert attribution.complete


@pytest.mark.parametrize("power", [2, 3, 4])
def test_attributions_of_powers_are_their_terms(power: int) -> None:
    attribution = integrate(PowerPath([1.0, -2.0, 0.5], [1.0, 0.5, -3.0], power), 200)
    assert attribution.attributions == pytest.approx(
        np.array([1.0, 0.5, -3.0]) * np.array([1, -2, 0.5]) ** power, rel=1e-3
    )
    assert attribution.baseline == 0.0


@given(end=Numbers, power=st.integers(1, 4), steps=st.integers(1, 16))
def test_complete_attributions_sum_to_the_difference_of_scores(end: list[float], power: int, steps: int) -> None:
    attribution = integrate(PowerPath(end, [1.0] * len(end), power), steps)
    missing = abs(attribution.attributions.sum() - (attribution.input - attribution.baseline))
    assert attribution.gap == pytest.approx(missing)
    assert attribution.complete == (missing <= TOLERANCE * max(1.0, abs(attribution.input - attribution.baseline)))
    assert attribution.steps in [steps << doubled for doubled in range(DOUBLINGS + 1)]


def test_steps_are_doubled_until_the_gap_is_within_tolerance() -> None:
    few = integrate(PowerPath([1.0], [10.0], 4), 2)
    assert 2 < few.steps < 2 << DOUBLINGS
    assert few.complete
    assert integrate(PowerPath([1.0], [10.0], 4), 64).steps == 64


def test_remaining_gap_is_reported_after_last_doubling() -> None:
    attribution = integrate(StepPath(gradient=0.25), 4)
    assert attribution.steps == 4 << DOUBLINGS
    assert attribution.gap == pytest.approx(0.75)
    assert not attribution.complete


def test_part_equal_to_the_baseline_has_attribution_zero() -> None:
    attribution = integrate(PowerPath([0.0, 1.0], [5.0, 1.0], 2), 32)
    assert attribution.attributions[0] == 0.0


def test_gradients_are_computed_in_batches() -> None:
    path = PowerPath([1.0], [1.0], 1)
    integrate(path, 150)
    assert path.batch_sizes == [64, 64, 22]
