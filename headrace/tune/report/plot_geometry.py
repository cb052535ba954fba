"""A plot of trials as coordinates of an SVG of fixed size; `plot.html.jinja` draws it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from headrace.html.axis_scale import Axis, fraction_axis, value_axis
from headrace.html.line_chart import BOTTOM, LEFT, RIGHT, TOP, Points, Tick
from headrace.html.template_filters import is_fraction, within_0_and_1


@dataclass(frozen=True)
class TrialDot:
    """One trial; `kind` is its CSS class, `text` describes it."""

    kind: str
    x: float
    y: float
    text: str


@dataclass(frozen=True)
class PlotLine:
    """An SVG path; `kind` is its CSS class, `text` describes it."""

    kind: str
    path: str
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Plot:
    """Coordinates in a box of 440 by 240."""

    title: str
    note: str = ""
    summary: str
    across: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[PlotLine, ...] = ()
    dots: tuple[TrialDot, ...] = ()


@dataclass(frozen=True)
class PlotFrame:
    """Two axes, which convert values to positions."""

    x: Axis
    y: Axis
    metric: str

    def position(self, across: float, up: float) -> tuple[float, float]:
        """Return the position of a point in the box."""
        x, y = self.x.position(across), self.y.position(up)
        return round(LEFT + x * (RIGHT - LEFT), 1), round(BOTTOM - y * (BOTTOM - TOP), 1)

    def path(self, points: Iterable[tuple[float, float]]) -> str:
        """Return an SVG path through `points`."""
        return "M" + "L".join("{:g} {:g}".format(*self.position(*point)) for point in points)

    @property
    def x_ticks(self) -> tuple[Tick, ...]:
        """Horizontal ticks, labelled with their values."""
        return tuple(Tick(self.position(tick, self.y.low)[0], f"{tick:,.6g}") for tick in self.x.ticks)

    @property
    def y_ticks(self) -> tuple[Tick, ...]:
        """Vertical ticks, labelled with their values; fractions as percentages."""
        fractions = is_fraction(self.metric)
        labels = (f"{100 * tick:.4g}%" if fractions else f"{tick:,.4g}" for tick in self.y.ticks)
        return tuple(
            Tick(self.position(self.x.low, tick)[1], label) for tick, label in zip(self.y.ticks, labels, strict=True)
        )


def metric_axis(values: Sequence[float], metric: str) -> Axis:
    """Return an axis for values of `metric`."""
    fractions = is_fraction(metric) and all(map(within_0_and_1, (min(values), max(values))))
    return fraction_axis(list(values)) if fractions else value_axis(list(values))


def best_so_far(values: Points, sign: float) -> Points:
    """Return the corners of a line that steps down or up at each value that is the best so far.

    Args:
        values: (position, value) in ascending order of positions.
        sign: 1 if small values are better, -1 if large values are better.
    """
    corners: Points = []
    for position, value in values:
        if corners and sign * value >= sign * corners[-1][1]:
            continue
        if corners:
            corners.append((position, corners[-1][1]))
        corners.append((position, value))
    return [*corners, (values[-1][0], corners[-1][1])] if corners else []
