"""Labels from which nothing can be learned are warned of."""

import pytest

from headrace.targets.regression.label_warnings import distribution_warning, missing_code_warning, number_warnings


def test_labels_that_are_all_equal_are_warned_of() -> None:
    warning = distribution_warning([3.0] * 30)
    assert warning is not None
    assert "All 30 labels in a sample are 3: there is nothing to learn" in warning
    assert distribution_warning([3.0] * 5) is None
    # The whole numbers from 2**64 - 30 on are one number already as float64.
    assert distribution_warning([float(2**64 - number) for number in range(1, 31)]) is not None


def test_labels_far_away_from_all_others_are_warned_of() -> None:
    warning = distribution_warning([*(number / 30 for number in range(30)), 1e30])
    assert warning is not None
    assert (
        "1 of 31 labels in a sample is far away from the others, such as 1e+30, where half of all are from" in warning
    )


def test_label_of_a_few_far_away_from_the_others_is_warned_of() -> None:
    warning = distribution_warning([1.0, 2.0, 3.0, 4.0, 5.0, 3.4e38])
    assert (warning or "").startswith("1 of 6 labels in a sample is far away from the others, such as 3.4e+38")
    assert distribution_warning([1.0, 2.0, 1e30]) is None


@pytest.mark.parametrize(
    "labels",
    [[float(number) for number in range(100)], [float(2**number) for number in range(40)], [0.0] * 90 + [1e9] * 10, []],
    ids=["even", "powers", "seldom", "none"],
)
def test_other_labels_are_not_warned_of(labels: list[float]) -> None:
    assert distribution_warning(labels) is None


def test_new_labels_of_a_later_version_may_be_equal() -> None:
    assert number_warnings([3.0] * 30, is_first=False) == []
    assert len(number_warnings([3.0] * 30, is_first=True)) == 1


@pytest.mark.parametrize(("code", "others"), [(-999.0, [0.5, 3.0, 40.0]), (9999.0, [-20.0, 0.0, 1200.0])])
def test_missing_code_is_warned_of_with_the_range_of_the_other_labels(code: float, others: list[float]) -> None:
    warning = missing_code_warning([code, *others, code])
    assert warning == (
        f"2 of 5 labels in a sample are {code:g}, and the others are from {others[0]:g} to {others[-1]:g}; if it marks "
        "missing labels, leave them empty."
    )


@pytest.mark.parametrize(
    "labels",
    [[], [-999.0] * 5, [0.0, 99.0, 99.0, 50.0], [-999.0, 1.0, 2.0], [-1.0, -1.0, 5.0, 6.0], [-99.0, -99.0, -50.0, 3.0]],
    ids=["none", "all", "percent", "once", "minus one", "in reach"],
)
def test_missing_code_within_the_labels_or_alone_is_a_label(labels: list[float]) -> None:
    assert missing_code_warning(labels) is None
