"""Numbers with points between thousands are warned of, and numbers with decimals are not."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.config.sections.preparation import Prepare
from headrace.errors import DataError
from headrace.features.contract_spec import Statistics
from headrace.features.tabular.record_encoder_in_preparation import make_encoder
from headrace.prepare.encoders.number_notation_and_float32_warnings import (
    count_formats,
    feature_warning,
    parse_float32,
    require_distinct_labels,
    thousands_warning,
)
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.sources.raw_file_and_record import RawRecord


def test_points_between_thousands_are_warned_of() -> None:
    warning = thousands_warning("The labels", count_formats(["1.200", "12.350", "1.234", "999", " 20 "]))
    assert warning is not None
    assert warning.startswith(
        "The labels may have points between thousands: 3 have three digits after a point, with zeros at the end, and "
        "the other 2 are whole numbers below 1,000."
    )


def test_points_between_thousands_are_warned_of_without_a_zero_at_an_end() -> None:
    """A zero is by chance only in one of ten numbers."""
    numbers = ["1.201", "3.458", "12.777", "9.143", "2.006", "902", "77", "5", "640", "311"]
    warning = thousands_warning("The labels", count_formats(numbers))
    assert warning is not None
    assert "5 have three digits after a point, and the other 5 are whole numbers below 1,000." in warning


def test_points_between_thousands_are_warned_of_beside_one_number_of_hundreds() -> None:
    """A few rows to predict have few numbers without thousands."""
    warning = thousands_warning("The numbers of 'area'", count_formats(["1.200", "1.150", "900", "2.300"]))
    assert warning is not None
    assert "3 have three digits after a point, with zeros at the end, and the other 1 is a whole number" in warning


@pytest.mark.parametrize(
    "numbers",
    [
        ["1.200", "12.350", "0.999", "20", "30"],
        ["1.200", "12.350", "1.5", "20", "30"],
        ["1.200", "12.350", "2000", "20", "30"],
        ["1.234", "12.355", "20", "30"],
        ["1.200", "12.350", "3.000"],
        ["1.200", "20", "30"],
        ["1.200", "2.350", "9"],
        ["1.234", "12.355", "900"],
        ["1e3", "x"],
        [],
    ],
    ids=[
        "below 1",
        "other decimals",
        "thousands",
        "no zeros",
        "all with decimals",
        "one",
        "one small",
        "one of hundreds",
        "others",
        "none",
    ],
)
def test_decimals_are_not_warned_of(numbers: list[str]) -> None:
    assert thousands_warning("The labels", count_formats(numbers)) is None


def test_numbers_of_all_tasks_are_counted_together() -> None:
    found = Observations()
    for text in ("1.200", "5", "7"):
        task = Observations()
        task.add_number("The labels", text)
        assert task.warnings(None) == []
        found.update(task)
    found.add_number("The labels", "2.500")
    (warning,) = found.warnings(None)
    assert warning.startswith("The labels may have points between thousands: 2 have")


def test_numbers_of_rows_are_noted_by_column() -> None:
    encoder = make_encoder(
        Prepare.model_validate({"input": "tabular", "tabular": {"numbers": ["area", "rooms"], "missing": "mean"}})
    )
    for area, rooms in (("1.200", "3"), ("2.500", "4"), ("900", ""), ("80", "2")):
        encoder.row(RawRecord("a", "1", None, json.dumps({"area": area, "rooms": rooms})))
    (warning,) = encoder.take_observations().warnings(None)
    assert warning.startswith("The numbers of 'area' may have points between thousands")
    assert encoder.take_observations().warnings(None) == []


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
