"""Labels and features that 32-bit numbers round to the same value, or by much of their spread."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import DataError
from headrace.features.contract_part import Statistics
from headrace.prepare.encoders.number_precision import feature_warning, parse_float32, require_distinct_labels


@pytest.mark.parametrize(
    "labels",
    [
        [1e9 + number for number in range(100)],
        [0.0, *(1e9 + number for number in range(100))],
        [-1e9 - number / 7 for number in range(100)],
    ],
    ids=["far from 0", "with an outlier", "negative"],
)
def test_labels_that_become_equal_are_refused_with_the_numbers(labels: list[float]) -> None:
    with pytest.raises(DataError, match=rf"Of {len(labels)} different labels, from .* become equal to another one"):
        require_distinct_labels(labels)


def test_number_has_no_underscores() -> None:
    """Python alone reads 2024_01 as a number."""
    assert math.isnan(parse_float32("2024_01"))
    assert parse_float32("1e3") == 1000


@pytest.mark.parametrize(
    "labels",
    [
        [],
        [1.7e9],
        [1.7e9] * 50,
        [0.3, 0.1 + 0.2, 1.0, 2.0],
        [float(2**number) for number in range(60)],
        [1e9 + 128 * number for number in range(100)],
        np.random.default_rng(0).normal(size=10_000).tolist(),
    ],
)
def test_labels_that_stay_different_are_accepted(labels: list[float]) -> None:
    require_distinct_labels(labels)


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=50))
def test_labels_that_are_32_bit_numbers_are_always_accepted(labels: list[float]) -> None:
    require_distinct_labels(labels)


def test_features_far_from_0_get_a_warning_with_their_names() -> None:
    statistics = Statistics(mean=(1.7e9, 20.0, 1e9), variance=(1e4, 9.0, 0.0))
    warning = feature_warning(statistics, ("time", "temperature", "fixed"))
    assert warning is not None
    assert warning.startswith(
        "Numbers are stored as 32-bit ones with 7 digits, which rounds these columns by more than"
    )
    assert "time: mean 1.7e+09, standard deviation 100" in warning
    assert "temperature" not in warning
    assert "fixed" not in warning
    assert feature_warning(Statistics(mean=(1e6,), variance=(1e6,)), ("pressure",)) is None
