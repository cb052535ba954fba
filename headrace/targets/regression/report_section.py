"""Section of a report with the evaluation of a regression model."""

from collections.abc import Sequence
from dataclasses import dataclass

from headrace.html.axis_scale import Axis
from headrace.html.line_chart import BOTTOM, LEFT, RIGHT, TOP, Tick
from headrace.report.evaluation.mistake_with_input import MistakeWithInput, NumberEvaluation, with_enlargement
from headrace.report.evaluation.report_section_base import EvaluationView
from headrace.report.evaluation.report_section_interface import Headline
from headrace.report.frozen_json_model import JsonRecord
from headrace.wording import number, quantity


class RegressionMistake(MistakeWithInput):
    """A row for which the error of the predicted number is large."""

    value: float
    predicted: float


class Residuals(JsonRecord):
    """Histogram of predicted minus true values, and (true, predicted) of a sample of rows."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    points: tuple[tuple[float, float], ...]


class RegressionEvaluation(NumberEvaluation):
    """Evaluation of a regression model."""

    residuals: Residuals
    baselines: dict[str, dict[str, float]] = {}
    worst: tuple[RegressionMistake, ...] = ()


@dataclass(frozen=True)
class Bar:
    """A bar of the histogram, in the chart's units; `text` describes it."""

    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(frozen=True)
class Point:
    """The point of one row."""

    x: float
    y: float


class RegressionAssessment(EvaluationView[RegressionEvaluation]):
    """An evaluation and the values derived from it."""

    @property
    def headline(self) -> Headline:
        """Mean absolute error, and R squared."""
        metrics = self.evaluation.metrics
        note = f"R² {number(metrics['r_squared'])} on {quantity(self.rows, 'row')}"
        return Headline("Mean absolute error", number(metrics["mean_absolute_error"]), note)

    @property
    def worst(self) -> list[tuple[RegressionMistake, bool]]:
        """The rows with the largest errors, and whether their image is shown enlarged."""
        return with_enlargement(self.evaluation.worst)

    @property
    def bars(self) -> list[Bar]:
        """The histogram of residuals."""
        return histogram_bars(self.evaluation.residuals.edges, self.evaluation.residuals.counts)

    @property
    def residual_ticks(self) -> list[Tick]:
        """Ticks at both ends and at 0, the middle."""
        edges = self.evaluation.residuals.edges
        return histogram_ticks(edges, (edges[0], 0.0, edges[-1]))

    @property
    def points(self) -> list[Point]:
        """Predicted against true values; both axes have the same range."""
        axis = self._values
        return [Point(_x(axis, true), _y(axis, predicted)) for true, predicted in self.evaluation.residuals.points]

    @property
    def value_ticks(self) -> list[tuple[Tick, Tick]]:
        """Horizontal and vertical ticks at the smallest and the largest value."""
        axis = self._values
        return [
            (Tick(_x(axis, value), number(value)), Tick(_y(axis, value), number(value)))
            for value in (axis.low, axis.high)
        ]

    @property
    def residual_points(self) -> list[Point]:
        """Residuals (vertical) against predictions (horizontal)."""
        across, up = self._predicted, self._residuals
        points = self.evaluation.residuals.points
        return [Point(_x(across, predicted), _y(up, predicted - true)) for true, predicted in points]

    @property
    def residual_axes(self) -> tuple[list[Tick], list[Tick]]:
        """Horizontal ticks at the lowest and highest prediction; vertical ticks at 0 and ± the largest error."""
        across, up = self._predicted, self._residuals
        return (
            [Tick(_x(across, value), number(value)) for value in (across.low, across.high)],
            [Tick(_y(up, value), number(value)) for value in (up.low, 0.0, up.high)],
        )

    @property
    def _values(self) -> Axis:
        return _range([value for point in self.evaluation.residuals.points for value in point])

    @property
    def _predicted(self) -> Axis:
        return _range([predicted for _, predicted in self.evaluation.residuals.points])

    @property
    def _residuals(self) -> Axis:
        """Return the axis of residuals, symmetric about 0."""
        limit = max(abs(predicted - true) for true, predicted in self.evaluation.residuals.points) or 1.0
        return Axis(-limit, limit, ())


RECORD = RegressionEvaluation


def assess(evaluation: RegressionEvaluation) -> RegressionAssessment:
    """See `ReportSectionInterface`."""
    return RegressionAssessment(evaluation)


def histogram_bars(edges: Sequence[float], counts: Sequence[int]) -> list[Bar]:
    """Return the bars of a histogram of rows."""
    across, max_count = Axis(edges[0], edges[-1], ()), max(counts)
    bars = []
    for low, high, rows in zip(edges[:-1], edges[1:], counts, strict=True):
        left, right, height = _x(across, low), _x(across, high), (BOTTOM - TOP) * rows / max_count
        text = f"{quantity(rows, 'row')}, {number(low)} to {number(high)}"
        bars.append(Bar(left, round(BOTTOM - height, 2), round(right - left - 1, 2), round(height, 2), text))
    return bars


def histogram_ticks(edges: Sequence[float], values: Sequence[float]) -> list[Tick]:
    """Return ticks at `values` below a histogram."""
    across = Axis(edges[0], edges[-1], ())
    return [Tick(_x(across, value), number(value)) for value in values]


def _range(values: list[float]) -> Axis:
    low, high = min(values), max(values)
    return Axis(low, high if high > low else low + 1.0, ())


def _x(axis: Axis, value: float) -> float:
    return round(LEFT + (RIGHT - LEFT) * axis.position(value), 2)


def _y(axis: Axis, value: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * axis.position(value), 2)
