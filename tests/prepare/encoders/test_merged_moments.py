"""Merged moments equal the moments of all values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.prepare.encoders.mean_and_variance import compute_moments


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=6), st.sampled_from([0.0, 1e4]), st.integers(0, 99))
def test_merged_moments_equal_moments_of_all_values(sizes: list[int], offset: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    parts = [(random.normal(size=(size, 2)) + offset).astype(np.float32) for size in sizes]
    total = compute_moments(parts[0])
    for part in parts[1:]:
        total = total.merge(compute_moments(part))
    whole = np.concatenate(parts).astype(np.float64)
    assert total.count == len(whole)
    assert total.mean == pytest.approx(whole.mean(0), rel=1e-12, abs=1e-12)
    assert total.squares / total.count == pytest.approx(whole.var(0), rel=1e-9, abs=1e-12)
