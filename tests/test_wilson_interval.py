"""The interval of an accuracy, compared with published values and with its definition."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.wilson_interval import QUANTILE_95, wilson


@pytest.mark.parametrize(
    ("right", "rows", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_agrees_with_newcombe_1998(right: int, rows: int, low: float, high: float) -> None:
    assert wilson(right, rows) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 100_000).flatmap(lambda rows: st.tuples(st.integers(0, rows), st.just(rows))))
def test_wilson_ends_are_where_the_share_is_just_rejected(counts: tuple[int, int]) -> None:
    right, rows = counts
    low, high = wilson(right, rows)
    assert 0 <= low <= right / rows <= high <= 1
    for end in (low, high):
        if 1e-9 < end < 1 - 1e-9:
            distance = abs(right / rows - end) / math.sqrt(end * (1 - end) / rows)
            assert distance == pytest.approx(QUANTILE_95, rel=1e-6)
