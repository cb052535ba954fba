"""Labels from which nothing can be learned are warned of."""

import pytest

from headrace.targets.regression.degenerate_label_warnings import distribution_warning, number_warnings


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
