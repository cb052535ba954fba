"""Columns that hold one value, or codes for missing values, are warned of."""

from collections import Counter

import numpy as np
import pytest

from headrace.features.tabular.constant_missing_code_and_outlier_warnings import (
    category_warning,
    count_extremes,
    far_value_warning,
    missing_code_warning,
    missing_number_warning,
)
from headrace.targets.regression.label_warnings import missing_code_warning as label_warning


def test_missing_code_among_numbers_of_several_shards_is_warned_of() -> None:
    extremes = count_extremes([-999.0, 1.0, 2.0, 3.0]) + count_extremes([0.5, 4.0]) + count_extremes([-999.0, -999.0])
    assert missing_code_warning("size", extremes) == (
        "3 values of 'size' in the training split are -999, and the others are from 0.5 to 4; if it marks missing "
        "values, leave their cells empty."
    )


@pytest.mark.parametrize("values", [[], [-999.0], [-999.0, 1.0, 2.0], [0.0, 50.0, 99.0, 99.0]])
def test_numbers_without_a_missing_code_are_not_warned_of(values: list[float]) -> None:
    assert missing_code_warning("size", count_extremes(values)) is None


def test_extremes_of_shards_find_what_all_values_find() -> None:
    for seed in range(200):
        values = np.random.default_rng(seed).choice([-99.0, -9.0, 0.0, 1.0, 40.0, 99.0, 999.0], 8).tolist()
        extremes = sum((count_extremes(values[at::3]) for at in range(3)), Counter[float]())
        assert (missing_code_warning("size", extremes) is None) == (label_warning(values) is None)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({None: 5}, "'kind' is missing in all rows"),
        ({"a": 5}, "the same value of the category 'kind': 'a'"),
        ({"a": 5, "NA": 2, "n/a": 1}, "may stand for missing ones, and are treated as categories: 'NA', 'n/a'"),
    ],
)
def test_category_that_tells_nothing_is_warned_of(counts: dict[str | None, int], words: str) -> None:
    assert words in str(category_warning("kind", counts))


@pytest.mark.parametrize("counts", [{"a": 5, None: 2}, {"a": 5, "b": 2}, {}])
def test_category_of_several_values_is_not_warned_of(counts: dict[str | None, int]) -> None:
    assert category_warning("kind", counts) is None


@pytest.mark.parametrize(
    ("value", "number", "found"), [(1e9, 1, True), (-1e9, 3, True), (1e4, 1, False), (1e9, 0, False)]
)
def test_value_that_outweighs_all_others_is_warned_of(value: float, number: int, found: bool) -> None:
    values = [float(one) for one in range(40)] + [value] * number
    warning = far_value_warning("area", count_extremes(values), len(values))
    assert (warning is not None) is found
    if warning:
        verb = "is" if number == 1 else "are"
        assert warning.startswith(
            f"{number} of {len(values)} values of 'area' {verb} {value:g}, and the others are from 0"
        )


@pytest.mark.parametrize(("value", "found"), [(1e9, True), (-3.4e38, True), (1e5, False)])
def test_value_of_a_few_that_makes_the_others_equal_is_warned_of(value: float, found: bool) -> None:
    values = [1.0, 2.0, 3.0, 4.0, 5.0, value]
    assert (far_value_warning("area", count_extremes(values), len(values)) is not None) is found


def test_few_values_say_nothing_about_one_far_away() -> None:
    assert far_value_warning("area", count_extremes([1.0, 2.0, 1e9]), 3) is None


def test_formulas_of_a_spreadsheet_among_values_are_warned_of() -> None:
    warning = category_warning("code", {'="01"': 5, "02": 4, None: 1})
    assert warning is not None
    assert warning.startswith("Values of the category 'code' are formulas of a spreadsheet")


def test_numbers_that_are_mostly_missing_are_warned_of() -> None:
    """All of them became one mean without a word."""
    warning = missing_number_warning("area", 3, 60)
    assert warning is not None
    assert warning.startswith("57 of 60 cells of 'area' in the training split are missing and become the mean")
    assert missing_number_warning("area", 30, 60) is None


def test_codes_that_a_spreadsheet_rounded_are_warned_of() -> None:
    warning = category_warning("clone", {"2.31E+19": 3, "2310009E13": 4})
    assert (warning or "").startswith("Values of the category 'clone' may be numbers or codes such as 1E5")


def test_ranges_that_a_spreadsheet_made_dates_of_are_warned_of() -> None:
    warning = category_warning("age", {"Oct-14": 5, "15-19": 4, "05-Sep": 4})
    assert warning is not None
    assert warning.startswith(
        "Values of the category 'age' may be ranges that a spreadsheet converted to dates: 'Oct-14'"
    )
    assert category_warning("month", {"Oct-14": 5, "Nov-14": 4}) is None
