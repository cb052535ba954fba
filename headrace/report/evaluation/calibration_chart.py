"""The reliability diagram: accuracy by confidence."""

from headrace.html.template_filters import percent
from headrace.html.unit_square_chart import BOTTOM, TOP, Dot, Share, UnitChart, x_position, y_position
from headrace.report.evaluation.evaluation_schema import Bin, ClassEvaluation
from headrace.wilson_interval import wilson
from headrace.wording import number, quantity

# The row-count bars take at most this fraction of the chart's height.
SHARE_HEIGHT = 0.2
GAP = 2.0


def reliability_chart(evaluation: ClassEvaluation) -> UnitChart | None:
    """Return the reliability diagram; None if the evaluation has no bins."""
    bins = evaluation.calibration
    if not bins:
        return None
    max_rows = max(bin_.rows for bin_ in bins)
    error = evaluation.metrics.get("expected_calibration_error")
    return UnitChart(
        title="Calibration",
        note="" if error is None else f"expected calibration error {number(error)}",
        summary="Reliability diagram; " + "; ".join(_describe(bin_) for bin_ in bins),
        across="confidence",
        up="accuracy",
        diagonal=True,
        dots=tuple(_dot(bin_) for bin_ in bins),
        shares=tuple(_share(bin_, max_rows) for bin_ in bins),
    )


def _dot(bin_: Bin) -> Dot:
    low, high = wilson(round(bin_.accuracy * bin_.rows), bin_.rows)
    return Dot(
        x_position(bin_.confidence), y_position(bin_.accuracy), y_position(low), y_position(high), _describe(bin_)
    )


def _share(bin_: Bin, max_rows: int) -> Share:
    height = round((BOTTOM - TOP) * SHARE_HEIGHT * bin_.rows / max_rows, 1)
    width = x_position(bin_.high) - x_position(bin_.low)
    text = quantity(bin_.rows, "row")
    return Share(x_position(bin_.low) + GAP / 2, BOTTOM - height, round(width - GAP, 1), height, text)


def _describe(bin_: Bin) -> str:
    return (
        f"confidence {percent(bin_.confidence, bin_.rows)}, accuracy {percent(bin_.accuracy, bin_.rows)} "
        f"of {quantity(bin_.rows, 'row')}"
    )
