"""A comparison as text for a terminal."""

import pytest

from headrace.compare.comparison_text import signed


@pytest.mark.parametrize(
    ("value", "metric", "text"),
    [
        (0.25, "accuracy", "+25.00 pp"),
        (-0.25, "loss", "-0.2500"),
        (-2.8e-17, "macro_f1", "+0.0000"),
        (0.0, "accuracy", "+0.00 pp"),
    ],
)
def test_difference_has_a_sign_and_no_rounding_error(value: float, metric: str, text: str) -> None:
    assert signed(value, metric) == text
