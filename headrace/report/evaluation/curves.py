"""ROC and precision-recall charts of classes, each against the rest."""

from typing import NamedTuple

from headrace.html.unit_square_chart import Line, UnitChart, path
from headrace.report.evaluation.evaluation_schema import ClassEvaluation
from headrace.wording import number


class _ClassCurve(NamedTuple):
    name: str
    points: tuple[tuple[float, float], ...]
    area: float


def curve_charts(evaluation: ClassEvaluation) -> list[UnitChart]:
    """Return the ROC and the precision-recall chart; an empty list if no class has curves."""
    curves = evaluation.curves
    if not curves:
        return []
    roc = [_ClassCurve(name, curve.roc, curve.roc_auc) for name, curve in curves.items()]
    precision_recall = [
        _ClassCurve(name, curve.precision_recall, curve.average_precision) for name, curve in curves.items()
    ]
    return [
        UnitChart(
            title="ROC",
            note=_note(roc, evaluation.metrics.get("roc_auc"), "mean area"),
            summary=_summary("ROC curves by class, area under each", roc),
            across="false positive rate",
            up="true positive rate",
            diagonal=True,
            lines=_lines(roc, "area"),
        ),
        UnitChart(
            title="Precision and recall",
            note=_note(precision_recall, evaluation.metrics.get("average_precision"), "mean average precision"),
            summary=_summary("Precision-recall curves by class, average precision of each", precision_recall),
            across="recall",
            up="precision",
            diagonal=False,
            lines=_lines(precision_recall, "average precision"),
        ),
    ]


def _lines(curves: list[_ClassCurve], area_name: str) -> tuple[Line, ...]:
    """Return the lines, the worst class last, so that it is drawn above the others."""
    by_area = sorted(curves, key=lambda curve: -curve.area)
    texts = [f"{curve.name}: {area_name} {number(curve.area)}" for curve in by_area]
    worst = len(by_area) - 1 if len(by_area) > 1 else None
    return tuple(
        Line(path(curve.points), text, worst=index == worst)
        for index, (curve, text) in enumerate(zip(by_area, texts, strict=True))
    )


def _note(curves: list[_ClassCurve], mean: float | None, mean_name: str) -> str:
    worst = min(curves, key=lambda curve: curve.area)
    parts = [] if mean is None else [f"{mean_name} {number(mean)}"]
    return ", ".join(parts + ([f"worst {worst.name} {number(worst.area)}"] if len(curves) > 1 else []))


def _summary(subject: str, curves: list[_ClassCurve]) -> str:
    return f"{subject}: " + ", ".join(f"{curve.name} {number(curve.area)}" for curve in curves)
