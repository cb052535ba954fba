"""ROC and precision-recall charts of classes, each against the rest."""

from typing import NamedTuple

from headrace.html.number_formatting import number
from headrace.html.unit_square_chart import Line, UnitChart, path
from headrace.report.artifacts import ClassEvaluation


class _Drawn(NamedTuple):
    name: str
    points: tuple[tuple[float, float], ...]
    area: float


def curve_charts(evaluation: ClassEvaluation) -> list[UnitChart]:
    """Return both charts; none if no class has curves."""
    curves = evaluation.curves
    if not curves:
        return []
    roc = [_Drawn(name, curve.roc, curve.roc_auc) for name, curve in curves.items()]
    precise = [_Drawn(name, curve.precision_recall, curve.average_precision) for name, curve in curves.items()]
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
            note=_note(precise, evaluation.metrics.get("average_precision"), "mean of averages"),
            summary=_summary("Precision-recall curves by class, average precision of each", precise),
            across="recall",
            up="precision",
            diagonal=False,
            lines=_lines(precise, "average precision"),
        ),
    ]


def _lines(drawn: list[_Drawn], words: str) -> tuple[Line, ...]:
    """Return the lines; the worst class is drawn last, above the others."""
    ordered = sorted(drawn, key=lambda one: -one.area)
    texts = [f"{one.name}: {words} {number(one.area)}" for one in ordered]
    worst = len(ordered) - 1 if len(ordered) > 1 else None
    return tuple(
        Line(path(one.points), text, worst=place == worst)
        for place, (one, text) in enumerate(zip(ordered, texts, strict=True))
    )


def _note(drawn: list[_Drawn], mean: float | None, words: str) -> str:
    worst = min(drawn, key=lambda one: one.area)
    said = [] if mean is None else [f"{words} {number(mean)}"]
    return ", ".join(said + ([f"worst {worst.name} {number(worst.area)}"] if len(drawn) > 1 else []))


def _summary(what: str, drawn: list[_Drawn]) -> str:
    return f"{what}: " + ", ".join(f"{one.name} {number(one.area)}" for one in drawn)
