"""Line chart of one metric of several runs, as SVG coordinates."""

from collections.abc import Mapping
from dataclasses import dataclass

from headrace.html.line_chart import EmptyChart, Mark, Points, make_frame, thin
from headrace.html.template_filters import count, words


@dataclass(frozen=True)
class OverlayLine:
    """The line of one run as an SVG path, and its points.

    Attributes:
        index: index among all runs of the page, which gives the line its colour and dashes.
    """

    index: int
    path: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, kw_only=True)
class OverlayChart(EmptyChart):
    """A metric of several runs."""

    lines: tuple[OverlayLine, ...]


def overlay(name: str, lines: Mapping[str, Points], order: list[str]) -> OverlayChart:
    """Return the chart of the metric `name` of the runs that have it.

    Args:
        lines: (step, value) by run, at least one of each.
        order: all runs of the page, also those without the metric.
    """
    frame = make_frame(name, [point for line in lines.values() for point in line])
    title = words(name.removeprefix("val_"))
    prefix = "validation " if name.startswith("val_") else "training "
    last_values = (f"{run} {frame.format(line[-1][1])} at step {count(line[-1][0])}" for run, line in lines.items())
    return OverlayChart(
        title=f"{prefix}{title}",
        summary=f"{prefix.capitalize()}{title} by step: {'; '.join(last_values)}.",
        logarithmic=frame.y.logarithmic,
        x_ticks=frame.x_ticks,
        y_ticks=frame.y_ticks,
        lines=tuple(
            OverlayLine(
                order.index(run),
                frame.path(thin(line)),
                tuple(
                    Mark(
                        *frame.position(step, value), f"{run}, {title} after step {count(step)}: {frame.format(value)}"
                    )
                    for step, value in line
                ),
            )
            for run, line in lines.items()
        ),
    )
