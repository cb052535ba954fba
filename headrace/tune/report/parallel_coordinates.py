"""Parallel coordinates: one axis per parameter and one for the value, one line per trial.

Inselberg: The plane with parallel coordinates. The Visual Computer 1 (1985).
"""

from dataclasses import dataclass

from headrace.config.sections.tuning import Parameter
from headrace.html.axis_scale import Axis
from headrace.html.line_chart import Tick
from headrace.html.template_filters import metric
from headrace.tune.report.plot_geometry import PlotLine, metric_axis
from headrace.tune.report.plots import Plots, label, parameter_axis
from headrace.tune.study.trial_summaries import TrialRecord
from headrace.wording import quantity

LEFT, RIGHT, TOP, BOTTOM = 60.0, 850.0, 34.0, 270.0
MAX_LABELS = 8


@dataclass(frozen=True)
class ParallelAxis:
    """One vertical axis with its name and tick labels."""

    name: str
    x: float
    ticks: tuple[Tick, ...]


@dataclass(frozen=True)
class ParallelPlot:
    """Axes and lines, in units of a view box of 920 by 290."""

    axes: tuple[ParallelAxis, ...]
    lines: tuple[PlotLine, ...]
    summary: str


def parallel_coordinates(plots: Plots, space: dict[str, Parameter]) -> ParallelPlot | None:
    """Return the plot of the complete trials; None if there are fewer than two to compare."""
    complete = [(trial, value) for trial, value in plots.valued if trial.state == "complete"]
    if len(complete) < 2:
        return None
    last = metric_axis([value for _, value in complete], plots.metric)
    xs = [round(LEFT + index * (RIGHT - LEFT) / len(space), 1) for index in range(len(space) + 1)]
    axes = [_parallel_axis(key, parameter, x) for (key, parameter), x in zip(space.items(), xs[:-1], strict=True)]
    value_ticks = tuple(Tick(_y_position(last, tick), metric(tick, plots.metric)) for tick in last.ticks)
    axes.append(ParallelAxis(plots.metric, xs[-1], value_ticks))
    ordered = sorted(complete, key=lambda pair: pair[0] == plots.best)
    lines = tuple(
        PlotLine(
            "best" if trial == plots.best else "complete",
            _path(xs, [*_y_positions(trial, space), _y_position(last, value)]),
            f"trial {trial.number}: {metric(value, plots.metric)}",
        )
        for trial, value in ordered
    )
    names = ", ".join(space)
    return ParallelPlot(
        tuple(axes), lines, f"Parallel coordinates of {quantity(len(lines), 'complete trial')} over {names}."
    )


def _parallel_axis(key: str, parameter: Parameter, x: float) -> ParallelAxis:
    axis, name = parameter_axis(parameter), key.rpartition(".")[2]
    if parameter.kind != "categorical":
        return ParallelAxis(name, x, tuple(Tick(_y_position(axis, tick), f"{tick:,.4g}") for tick in axis.ticks))
    ticks = tuple(Tick(_y_position(axis, index), label(choice)) for index, choice in enumerate(parameter.choices))
    return ParallelAxis(name, x, ticks[:: -(-len(ticks) // MAX_LABELS)])


def _y_positions(trial: TrialRecord, space: dict[str, Parameter]) -> list[float]:
    y_positions = []
    for key, parameter in space.items():
        value = trial.parameters[key]
        labels = [label(choice) for choice in parameter.choices]
        y_positions.append(
            _y_position(parameter_axis(parameter), labels.index(label(value)) if labels else float(str(value)))
        )
    return y_positions


def _y_position(axis: Axis, value: float) -> float:
    return round(BOTTOM - axis.position(value) * (BOTTOM - TOP), 1)


def _path(xs: list[float], y_positions: list[float]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in zip(xs, y_positions, strict=True))
