"""Labels that teach nothing, or of which one dominates all errors, are warned of."""

import numpy as np

from headrace.targets.regression.label_warnings import label_warnings

LABELS = np.linspace(3.3, 13.8, 40).tolist()


def test_equal_labels_are_warned_of() -> None:
    assert label_warnings([5.0] * 10) == ["All 10 labels in a sample are 5: there is nothing to learn from them."]
    assert label_warnings([5.0] * 9) == []
    assert label_warnings([5.0] * 10 + [5.1]) == []


def test_label_far_from_all_others_is_warned_of() -> None:
    (warning,) = label_warnings([*LABELS, 1e12])
    assert warning.startswith("A label in a sample of 41 is 1e+12, and the others are from 3.3 to 13.8: squared errors")
    assert "is -1e+12, and" in label_warnings([-1e12, *LABELS])[0]


def test_spread_of_labels_and_few_of_them_are_not_warned_of() -> None:
    assert label_warnings([*LABELS, 1000.0]) == []
    assert label_warnings(np.random.default_rng(0).lognormal(0, 3, 1000).tolist()) == []
    assert label_warnings([0.0, 1e-9, 1e9]) == []


def test_missing_code_is_among_the_warnings() -> None:
    assert "if it marks missing labels" in label_warnings([*LABELS, -999.0, -999.0])[0]
