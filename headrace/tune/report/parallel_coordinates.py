"""Parallel coordinates: an axis for each parameter and one for the value, a line for each trial.

Inselberg: The plane with parallel coordinates. The Visual Computer 1 (1985).
"""

from dataclasses import dataclass

from headrace.config.sections.tuning import Parameter
from headrace.html.axis import Axis
from headrace.html.formatting import metric
from headrace.html.line_chart import Tick
from headrace.html.trial_plot import Line, metric_axis
from headrace.tune.report.plots import Plots, label, parameter_axis
from headrace.tune.study.trial_records import TrialRecord

LEFT, RIGHT, TOP, BOTTOM = 60.0, 850.0, 34.0, 270.0
MAX_LABELS = 8


@dataclass(frozen=True)
class ParallelAxis:
    """One upright axis, with its name and its labels."""

    name: str
    x: float
    ticks: tuple[Tick, ...]


@dataclass(frozen=True)
class ParallelPlot:
    """Positions in a box of 920 by 290."""

    rails: tuple[ParallelAxis, ...]
    lines: tuple[Line, ...]
    summary: str


def parallel_coordinates(plots: Plots, space: dict[str, Parameter]) -> ParallelPlot | None:
    """None where fewer than two trials are complete: there is nothing to compare."""
    complete = [(one, value) for one, value in plots.valued if one.state == "complete"]
    if len(complete) < 2:
        return None
    last = metric_axis([value for _, value in complete], plots.metric)
    xs = [round(LEFT + place * (RIGHT - LEFT) / len(space), 1) for place in range(len(space) + 1)]
    rails = [_rail(key, parameter, x) for (key, parameter), x in zip(space.items(), xs[:-1], strict=True)]
    rails.append(
        ParallelAxis(plots.metric, xs[-1], tuple(Tick(_up(last, v), metric(v, plots.metric)) for v in last.ticks))
    )
    ordered = sorted(complete, key=lambda pair: pair[0] == plots.best)
    lines = tuple(
        Line("best" if one == plots.best else "complete", _path(xs, [*_heights(one, space), _up(last, value)]),
             f"trial {one.number}: {metric(value, plots.metric)}")
        for one, value in ordered
    )  # fmt: skip
    names = ", ".join(space)
    return ParallelPlot(tuple(rails), lines, f"Parallel coordinates of {len(lines)} complete trials over {names}.")


def _rail(key: str, parameter: Parameter, x: float) -> ParallelAxis:
    axis, name = parameter_axis(parameter), key.rpartition(".")[2]
    if parameter.kind != "categorical":
        return ParallelAxis(name, x, tuple(Tick(_up(axis, tick), f"{tick:,.4g}") for tick in axis.ticks))
    ticks = tuple(Tick(_up(axis, place), label(choice)) for place, choice in enumerate(parameter.choices))
    return ParallelAxis(name, x, ticks[:: -(-len(ticks) // MAX_LABELS)])


def _heights(one: TrialRecord, space: dict[str, Parameter]) -> list[float]:
    heights = []
    for key, parameter in space.items():
        value = one.parameters[key]
        labels = [label(choice) for choice in parameter.choices]
        heights.append(_up(parameter_axis(parameter), labels.index(label(value)) if labels else float(str(value))))
    return heights


def _up(axis: Axis, value: float) -> float:
    return round(BOTTOM - axis.place(value) * (BOTTOM - TOP), 1)


def _path(xs: list[float], heights: list[float]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in zip(xs, heights, strict=True))
