"""The metric of each cycle's challenger and of its champion, as positions in an SVG of fixed size."""

from dataclasses import dataclass

from headrace.html.axis_scale import Axis, fraction_axis, value_axis
from headrace.html.line_chart import Tick
from headrace.html.template_filters import is_fraction, metric, words
from headrace.retrain.report.history_page_content import HistoryView

WIDTH, HEIGHT = 640.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 60.0, 622.0, 12.0, 200.0
MAX_LABELS = 16


@dataclass(frozen=True)
class ProgressPoint:
    """A model in a cycle: its position, its description, and the CSS class of the decision."""

    x: float
    y: float
    text: str
    css_class: str = ""


@dataclass(frozen=True, kw_only=True)
class ProgressChart:
    """Ticks, points and line, in units of a view box of WIDTH by HEIGHT."""

    title: str
    summary: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    champions: tuple[ProgressPoint, ...]
    line: str
    challengers: tuple[ProgressPoint, ...]


def progress_chart(history: HistoryView) -> ProgressChart | None:
    """Return the chart of all cycles; None if no challenger was evaluated yet."""
    name = history.metric
    rows = [(cycle, cycle.metric("champion", name), cycle.metric("challenger", name)) for cycle in history.cycles]
    values = [value for _, *pair in rows for value in pair if value is not None]
    if not values:
        return None
    axis = fraction_axis(values) if is_fraction(name) or name == "macro_f1" else value_axis(values)
    positions = {view.cycle.number: _x_position(index, len(rows)) for index, (view, _, _) in enumerate(rows)}
    champions = tuple(
        ProgressPoint(
            positions[view.cycle.number],
            _y_position(axis, value),
            f"champion at cycle {view.cycle.number}: {metric(value, name)}",
        )
        for view, value, _ in rows
        if value is not None
    )
    challengers = tuple(
        ProgressPoint(
            positions[view.cycle.number],
            _y_position(axis, value),
            f"challenger of cycle {view.cycle.number}: {metric(value, name)}, {view.decision}",
            view.css_class,
        )
        for view, _, value in rows
        if value is not None
    )
    return ProgressChart(
        title=words(name),
        summary=f"{words(name)} by cycle: " + "; ".join(point.text for point in challengers),
        x_ticks=_cycle_ticks(positions),
        y_ticks=tuple(Tick(_y_position(axis, tick), _format_tick(name, tick)) for tick in axis.ticks),
        champions=champions,
        line="M" + "L".join(f"{point.x:g} {point.y:g}" for point in champions) if champions else "",
        challengers=challengers,
    )


def _cycle_ticks(positions: dict[int, float]) -> tuple[Tick, ...]:
    step = -(-len(positions) // MAX_LABELS)
    return tuple(Tick(x, str(number)) for index, (number, x) in enumerate(positions.items()) if index % step == 0)


def _x_position(index: int, cycles: int) -> float:
    return round(LEFT + (index + 0.5) / cycles * (RIGHT - LEFT), 1)


def _y_position(axis: Axis, value: float) -> float:
    return round(BOTTOM - axis.position(value) * (BOTTOM - TOP), 1)


def _format_tick(name: str, value: float) -> str:
    return f"{100 * value:.4g}%" if is_fraction(name) else f"{value:,.4g}"
