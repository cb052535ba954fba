"""A number of nines far away from all other labels is warned of."""

import pytest

from headrace.targets.regression.missing_code_warning import missing_code_warning


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
