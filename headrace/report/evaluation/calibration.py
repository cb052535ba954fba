"""The reliability diagram: accuracy by confidence."""

from headrace.html.number_formatting import count, number, percent
from headrace.html.unit_square_chart import BOTTOM, TOP, Dot, Share, UnitChart, x_position, y_position
from headrace.report.artifacts import Bin, ClassEvaluation
from headrace.report.evaluation.wilson import wilson

# The bars of how many rows there are take this part of the height at most.
SHARE_HEIGHT = 0.2
GAP = 2.0


def reliability_chart(evaluation: ClassEvaluation) -> UnitChart | None:
    """Return the diagram; None if the evaluation has no bins."""
    bins = evaluation.calibration
    if not bins:
        return None
    most = max(one.rows for one in bins)
    error = evaluation.metrics.get("expected_calibration_error")
    return UnitChart(
        title="Calibration",
        note="" if error is None else f"expected calibration error {number(error)}",
        summary="Reliability diagram; " + "; ".join(_words(one) for one in bins),
        across="confidence",
        up="accuracy",
        diagonal=True,
        dots=tuple(_dot(one) for one in bins),
        shares=tuple(_share(one, most) for one in bins),
    )


def _dot(one: Bin) -> Dot:
    low, top = wilson(round(one.accuracy * one.rows), one.rows)
    return Dot(x_position(one.confidence), y_position(one.accuracy), y_position(low), y_position(top), _words(one))


def _share(one: Bin, most: int) -> Share:
    height = round((BOTTOM - TOP) * SHARE_HEIGHT * one.rows / most, 1)
    width = x_position(one.high) - x_position(one.low)
    words = f"{count(one.rows)} rows"
    return Share(x_position(one.low) + GAP / 2, BOTTOM - height, round(width - GAP, 1), height, words)


def _words(one: Bin) -> str:
    return (
        f"confidence {percent(one.confidence, one.rows)}, right {percent(one.accuracy, one.rows)} "
        f"of {count(one.rows)} rows"
    )
