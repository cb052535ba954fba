"""The registry keeps why a challenger was promoted."""

import pytest

from headrace.retrain.gate.promotion_checks import AGAINST_CHAMPION, Check
from headrace.retrain.steps.promote_predict_conclude import promotion_reasons

BOUND = Check(name="accuracy", passed=True, expected="0.5 or more", received="0.9")
GAIN = Check(name=f"accuracy{AGAINST_CHAMPION}", passed=True, expected="0 or more", received="+1.00 pp")


@pytest.mark.parametrize(
    ("checks", "champion", "reasons"),
    [
        ([BOUND, BOUND], None, "the first champion; all 2 checks passed"),
        ([BOUND], None, "the first champion; the check passed"),
        ([], None, "the first champion; no check was set"),
        ([BOUND, GAIN], 1, "+1.00 pp; all 2 checks passed"),
    ],
)
def test_reasons_name_the_first_champion_or_the_gain(checks: list[Check], champion: int | None, reasons: str) -> None:
    assert promotion_reasons(checks, champion) == reasons
