"""Metrics by slice: one table per column, with intervals drawn on a common scale."""

from dataclasses import dataclass

from headrace.html.axis import Axis
from headrace.html.number_formatting import metric, words
from headrace.report.artifacts import SliceFigures, TaskEvaluation

WIDTH, MARGIN = 180.0, 4.0


@dataclass(frozen=True)
class Reach:
    """A value and its interval as horizontal positions in a box of WIDTH."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Row:
    """One slice; `figures` and `intervals` are texts, in the order of the table's metrics."""

    name: str
    rows: int
    figures: tuple[str, ...]
    intervals: tuple[str, ...]
    reach: Reach


@dataclass(frozen=True, kw_only=True)
class SliceTable:
    """The table of one column's slices.

    Attributes:
        metrics: names; intervals of the first are drawn.
        overall: the position of that figure for all rows.
    """

    column: str
    metrics: tuple[str, ...]
    rows: tuple[Row, ...]
    overall: float | None
    ends: tuple[str, str]


def slice_tables(evaluation: TaskEvaluation) -> list[SliceTable]:
    """Return one table per column that rows were sliced by."""
    return [_table(evaluation, column, parts) for column, parts in evaluation.slices.items() if parts]


def _table(evaluation: TaskEvaluation, column: str, parts: tuple[SliceFigures, ...]) -> SliceTable:
    names = tuple(dict.fromkeys(name for part in parts for name in part.metrics))
    axis = _axis(names[0], parts, evaluation.metrics.get(names[0]))
    overall = evaluation.metrics.get(names[0])
    return SliceTable(
        column=words(column),
        metrics=names,
        rows=tuple(_row(part, names, axis) for part in parts),
        overall=None if overall is None else _place(axis, overall),
        ends=(metric(axis.low, names[0]), metric(axis.high, names[0])),
    )


def _axis(name: str, parts: tuple[SliceFigures, ...], overall: float | None) -> Axis:
    """Return an axis as wide as the intervals, which are compared with each other and not with 0."""
    values = [value for part in parts for value in (part.metrics[name], *part.intervals.get(name, ()))]
    values += [] if overall is None else [overall]
    low, high = min(values), max(values)
    return Axis(low, high if high > low else low + 1.0, ())


def _row(part: SliceFigures, names: tuple[str, ...], axis: Axis) -> Row:
    figures = tuple(metric(part.metrics[name], name) if name in part.metrics else "–" for name in names)
    intervals = tuple(_interval(part, name) for name in names)
    low, high = part.intervals.get(names[0], (part.metrics[names[0]],) * 2)
    reach = Reach(_place(axis, part.metrics[names[0]]), _place(axis, low), _place(axis, high))
    return Row(part.name, part.rows, figures, intervals, reach)


def _interval(part: SliceFigures, name: str) -> str:
    if name not in part.intervals:
        return ""
    low, high = part.intervals[name]
    return f"{metric(low, name)} to {metric(high, name)}"


def _place(axis: Axis, value: float) -> float:
    return round(MARGIN + axis.place(value) * (WIDTH - 2 * MARGIN), 1)
