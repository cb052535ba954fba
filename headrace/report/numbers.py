"""What the page says about predicted numbers: the errors, predicted against true, and how residuals are spread."""

from dataclasses import dataclass

from headrace.report.axis import Axis
from headrace.report.chart import BOTTOM, LEFT, RIGHT, TOP, Tick
from headrace.report.figures import count, number
from headrace.report.records import Miss, NumberEvaluation


@dataclass(frozen=True)
class Bar:
    """One bar of the histogram, in the chart's units; `text` says it in words."""

    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(frozen=True)
class Point:
    """One row: right by its true number, up by the predicted one."""

    x: float
    y: float


@dataclass(frozen=True)
class NumberAssessment:
    """An evaluation and what follows from it."""

    evaluation: NumberEvaluation

    @property
    def rows(self) -> int:
        """All that were evaluated."""
        return self.evaluation.rows

    @property
    def worst(self) -> tuple[Miss, ...]:
        """The rows with the largest errors."""
        return self.evaluation.worst

    @property
    def bars(self) -> list[Bar]:
        """The histogram of residuals."""
        edges, counts = self.evaluation.residuals.edges, self.evaluation.residuals.counts
        across, most = Axis(edges[0], edges[-1], ()), max(counts)
        bars = []
        for low, high, rows in zip(edges[:-1], edges[1:], counts, strict=True):
            left, right, height = _x(across, low), _x(across, high), (BOTTOM - TOP) * rows / most
            text = f"{count(rows)} rows, {number(low)} to {number(high)}"
            bars.append(Bar(left, round(BOTTOM - height, 2), round(right - left - 1, 2), round(height, 2), text))
        return bars

    @property
    def residual_ticks(self) -> list[Tick]:
        """At both ends and in the middle, where nothing is wrong."""
        edges = self.evaluation.residuals.edges
        across = Axis(edges[0], edges[-1], ())
        return [Tick(_x(across, value), number(value)) for value in (edges[0], 0.0, edges[-1])]

    @property
    def points(self) -> list[Point]:
        """Predicted against true; both axes have the same range."""
        axis = self._values
        return [Point(_x(axis, true), _y(axis, predicted)) for true, predicted in self.evaluation.residuals.points]

    @property
    def value_ticks(self) -> list[tuple[Tick, Tick]]:
        """Least and largest number, across and up."""
        axis = self._values
        return [(Tick(_x(axis, v), number(v)), Tick(_y(axis, v), number(v))) for v in (axis.low, axis.high)]

    @property
    def _values(self) -> Axis:
        values = [value for point in self.evaluation.residuals.points for value in point]
        low, high = min(values), max(values)
        return Axis(low, high if high > low else low + 1.0, ())


def _x(axis: Axis, value: float) -> float:
    return round(LEFT + (RIGHT - LEFT) * axis.place(value), 2)


def _y(axis: Axis, value: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * axis.place(value), 2)
