"""Moments of parts, merge, are those of the whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.prepare.encoders.statistics import compute_moments


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=6), st.sampled_from([0.0, 1e4]), st.integers(0, 99))
def test_joined_in_any_parts_they_are_those_of_all_values(sizes: list[int], offset: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    parts = [(random.normal(size=(size, 2)) + offset).astype(np.float32) for size in sizes]
    together = compute_moments(parts[0])
    for part in parts[1:]:
        together = together.merge(compute_moments(part))
    whole = np.concatenate(parts).astype(np.float64)
    assert together.count == len(whole)
    assert together.mean == pytest.approx(whole.mean(0), rel=1e-12, abs=1e-12)
    assert together.squares / together.count == pytest.approx(whole.var(0), rel=1e-9, abs=1e-12)
