"""The reliability diagram: how often a model is right, by how certain it says it is."""

from headrace.report.figures import count, number, percent
from headrace.report.interval import wilson
from headrace.report.records import Bin, ClassJudgement
from headrace.report.square import BOTTOM, TOP, Dot, Share, SquareChart, high, right

# The bars of how many rows there are take this part of the height at most.
SHARE_HEIGHT = 0.2
GAP = 2.0


def reliability_chart(evaluation: ClassJudgement) -> SquareChart | None:
    """None where the evaluation has no bins."""
    bins = evaluation.calibration
    if not bins:
        return None
    most = max(one.rows for one in bins)
    error = evaluation.metrics.get("expected_calibration_error")
    return SquareChart(
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
    return Dot(right(one.confidence), high(one.accuracy), high(low), high(top), _words(one))


def _share(one: Bin, most: int) -> Share:
    height = round((BOTTOM - TOP) * SHARE_HEIGHT * one.rows / most, 1)
    width = right(one.high) - right(one.low)
    words = f"{count(one.rows)} rows"
    return Share(right(one.low) + GAP / 2, BOTTOM - height, round(width - GAP, 1), height, words)


def _words(one: Bin) -> str:
    return (
        f"confidence {percent(one.confidence, one.rows)}, right {percent(one.accuracy, one.rows)} "
        f"of {count(one.rows)} rows"
    )
