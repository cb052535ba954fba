"""Columns that hold one value, or codes for missing values, are warned of."""

from collections import Counter

import numpy as np
import pytest

from headrace.features.tabular.column_warnings import category_warning, count_extremes, missing_code_warning
from headrace.targets.regression.missing_codes import missing_code_warning as label_warning


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
        ({"a": 5, "NA": 2, "n/a": 1}, "may stand for missing ones, and are known as values: 'NA', 'n/a'"),
    ],
)
def test_category_that_tells_nothing_is_warned_of(counts: dict[str | None, int], words: str) -> None:
    assert words in str(category_warning("kind", counts))


@pytest.mark.parametrize("counts", [{"a": 5, None: 2}, {"a": 5, "b": 2}, {}])
def test_category_of_several_values_is_not_warned_of(counts: dict[str | None, int]) -> None:
    assert category_warning("kind", counts) is None
