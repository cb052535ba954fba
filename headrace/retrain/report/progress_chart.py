"""The metric by cycle: the challenger of each, and the champion it met, as numbers for an SVG of fixed size."""

from dataclasses import dataclass

from headrace.html.axis import Axis, fraction_axis, value_axis
from headrace.html.formatting import is_fraction, metric, words
from headrace.html.line_chart import Tick
from headrace.retrain.report.history_view import HistoryView

WIDTH, HEIGHT = 640.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 60.0, 622.0, 12.0, 200.0
MAX_LABELS = 16


@dataclass(frozen=True)
class Point:
    """A model in a cycle; `text` says it in words."""

    x: float
    y: float
    text: str
    tone: str = ""


@dataclass(frozen=True, kw_only=True)
class ProgressChart:
    """Positions in a box of WIDTH by HEIGHT."""

    title: str
    summary: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    champions: tuple[Point, ...]
    line: str
    challengers: tuple[Point, ...]


def progress_chart(story: HistoryView) -> ProgressChart | None:
    """None where no challenger was evaluated yet."""
    name = story.metric
    both = [(c, c.metric("champion", name), c.metric("challenger", name)) for c in story.chapters]
    values = [value for _, *pair in both for value in pair if value is not None]
    if not values:
        return None
    axis = fraction_axis(values) if is_fraction(name) or name == "macro_f1" else value_axis(values)
    places = {c.cycle.number: _across(place, len(both)) for place, (c, _, _) in enumerate(both)}
    champions = tuple(
        Point(
            places[c.cycle.number], _up(axis, value), f"champion that cycle {c.cycle.number} met: {_say(name, value)}"
        )
        for c, value, _ in both
        if value is not None
    )
    challengers = tuple(
        Point(
            places[c.cycle.number],
            _up(axis, value),
            f"challenger of cycle {c.cycle.number}: {_say(name, value)}, {c.decision}",
            c.tone,
        )
        for c, _, value in both
        if value is not None
    )
    return ProgressChart(
        title=words(name),
        summary=f"{words(name)} by cycle: " + "; ".join(point.text for point in challengers),
        x_ticks=_labels(places),
        y_ticks=tuple(Tick(_up(axis, tick), _tick(name, tick)) for tick in axis.ticks),
        champions=champions,
        line="M" + "L".join(f"{point.x:g} {point.y:g}" for point in champions) if champions else "",
        challengers=challengers,
    )


def _labels(places: dict[int, float]) -> tuple[Tick, ...]:
    every = -(-len(places) // MAX_LABELS)
    return tuple(Tick(x, str(number)) for place, (number, x) in enumerate(places.items()) if place % every == 0)


def _across(place: int, cycles: int) -> float:
    return round(LEFT + (place + 0.5) / cycles * (RIGHT - LEFT), 1)


def _up(axis: Axis, value: float) -> float:
    return round(BOTTOM - axis.place(value) * (BOTTOM - TOP), 1)


def _say(name: str, value: float) -> str:
    return metric(value, name)


def _tick(name: str, value: float) -> str:
    return f"{100 * value:.4g}%" if is_fraction(name) else f"{value:,.4g}"
