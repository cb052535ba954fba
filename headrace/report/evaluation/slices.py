"""Metrics by slice: one table per column, with intervals drawn on a common scale."""

from dataclasses import dataclass

from headrace.html.axis_scale import Axis
from headrace.html.template_filters import metric, words
from headrace.report.evaluation.evaluation_schema import SliceMetrics, TaskEvaluation

WIDTH, MARGIN = 180.0, 4.0


@dataclass(frozen=True)
class IntervalPosition:
    """Horizontal positions of a value and its interval, in a box of WIDTH."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class SliceRow:
    """A row for one slice; `metric_texts` and `intervals` are texts, in the order of the table's metrics."""

    name: str
    rows: int
    metric_texts: tuple[str, ...]
    intervals: tuple[str, ...]
    interval_position: IntervalPosition


@dataclass(frozen=True, kw_only=True)
class SliceTable:
    """The table of one column's slices.

    Attributes:
        metrics: names of the metrics; the page draws the intervals of the first.
        overall: the horizontal position of the first metric over all rows; None if it is unknown.
        scale_ends: the values at both ends of the scale, as texts.
    """

    column: str
    metrics: tuple[str, ...]
    rows: tuple[SliceRow, ...]
    overall: float | None
    scale_ends: tuple[str, str]


def slice_tables(evaluation: TaskEvaluation) -> list[SliceTable]:
    """Return one table per column that the evaluation sliced the rows by."""
    return [_table(evaluation, column, slices) for column, slices in evaluation.slices.items() if slices]


def _table(evaluation: TaskEvaluation, column: str, slices: tuple[SliceMetrics, ...]) -> SliceTable:
    names = tuple(dict.fromkeys(name for slice_ in slices for name in slice_.metrics))
    axis = _axis(names[0], slices, evaluation.metrics.get(names[0]))
    overall = evaluation.metrics.get(names[0])
    return SliceTable(
        column=words(column),
        metrics=names,
        rows=tuple(_row(slice_, names, axis) for slice_ in slices),
        overall=None if overall is None else _x_position(axis, overall),
        scale_ends=(metric(axis.low, names[0]), metric(axis.high, names[0])),
    )


def _axis(name: str, slices: tuple[SliceMetrics, ...], overall: float | None) -> Axis:
    """Return an axis that spans the intervals; it need not include 0, as slices are compared with each other."""
    values = [value for slice_ in slices for value in (slice_.metrics[name], *slice_.intervals.get(name, ()))]
    values += [] if overall is None else [overall]
    low, high = min(values), max(values)
    return Axis(low, high if high > low else low + 1.0, ())


def _row(slice_: SliceMetrics, names: tuple[str, ...], axis: Axis) -> SliceRow:
    metric_texts = tuple(metric(slice_.metrics[name], name) if name in slice_.metrics else "–" for name in names)
    intervals = tuple(_interval(slice_, name) for name in names)
    low, high = slice_.intervals.get(names[0], (slice_.metrics[names[0]],) * 2)
    interval_position = IntervalPosition(
        _x_position(axis, slice_.metrics[names[0]]), _x_position(axis, low), _x_position(axis, high)
    )
    return SliceRow(slice_.name, slice_.rows, metric_texts, intervals, interval_position)


def _interval(slice_: SliceMetrics, name: str) -> str:
    if name not in slice_.intervals:
        return ""
    low, high = slice_.intervals[name]
    return f"{metric(low, name)} to {metric(high, name)}"


def _x_position(axis: Axis, value: float) -> float:
    return round(MARGIN + axis.position(value) * (WIDTH - 2 * MARGIN), 1)
