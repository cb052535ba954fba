"""What the page draws of an evaluation of classes: curves, calibration, slices, what texts said."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headrace.html.unit_square_chart import BOTTOM, LEFT, RIGHT, TOP
from headrace.report import write_report
from headrace.report.artifacts import Evaluation
from headrace.report.evaluation.calibration import reliability_chart
from headrace.report.evaluation.curves import curve_charts
from headrace.report.evaluation.slices import slice_tables
from tests.support.finished_example import judged_evaluation

CLASSES = ("circle", "square", "cross")


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    return judged_evaluation(CLASSES)


@pytest.fixture
def page(make_run: Callable[..., Path], kept: dict[str, Any]) -> str:
    run = make_run()
    (run / "bundle" / "evaluation" / "test.json").write_text(json.dumps(kept))
    return write_report(run).read_text("utf-8")


def positions(path: str) -> np.ndarray:
    return np.array([[float(number) for number in pair.split()] for pair in path[1:].split("L")])


def test_the_page_gives_every_metric_with_its_interval(page: str, kept: dict[str, Any]) -> None:
    words = " ".join(re.sub(r"<[^>]*>", " ", page).split())
    low, high = kept["intervals"]["brier_score"]
    assert f"Brier score {kept['metrics']['brier_score']:.4f} {low:.4f} to {high:.4f}" in words
    assert f"Expected calibration error {kept['metrics']['expected_calibration_error']:.4f}" in words
    scores = kept["per_class"]["cross"]
    low, high = scores["intervals"]["precision"]
    assert f"cross {scores['precision']:.3f} {low:.3f} to {high:.3f}" in words
    assert f"{scores['roc_auc']:.3f} {scores['average_precision']:.3f} {scores['support']}" in words


def test_curves_run_through_their_points_and_the_worst_class_stands_out(kept: dict[str, Any]) -> None:
    roc, precise = curve_charts(Evaluation.model_validate(kept))
    worst = min(CLASSES, key=lambda name: kept["per_class"][name]["roc_auc"])
    assert [line.worst for line in roc.lines] == [False, False, True]
    assert roc.lines[-1].text.startswith(f"{worst}: area ")
    across, up = positions(roc.lines[0].path).T
    assert (across[0], up[0], across[-1], up[-1]) == (LEFT, BOTTOM, RIGHT, TOP)
    assert (np.diff(across) >= 0).all()
    assert (np.diff(up) <= 0).all()
    assert len(precise.lines) == 3
    assert all(name in roc.summary for name in CLASSES)


def test_the_points_of_calibration_lie_at_confidence_and_accuracy_within_their_intervals(kept: dict[str, Any]) -> None:
    chart = reliability_chart(Evaluation.model_validate(kept))
    assert chart
    for dot, share, found in zip(chart.dots, chart.shares, kept["calibration"], strict=True):
        assert dot.x == pytest.approx(LEFT + found["confidence"] * (RIGHT - LEFT), abs=0.06)
        assert dot.y == pytest.approx(BOTTOM - found["accuracy"] * (BOTTOM - TOP), abs=0.06)
        assert TOP <= dot.high <= dot.y <= dot.low <= BOTTOM
        assert share.x <= dot.x <= share.x + share.width + 2
    heights = np.array([share.height for share in chart.shares])
    rows = np.array([found["rows"] for found in kept["calibration"]])
    assert heights / heights.max() == pytest.approx(rows / rows.max(), abs=0.01)


def test_slices_are_on_the_scale_of_all_rows(page: str, kept: dict[str, Any]) -> None:
    by_class, by_path = slice_tables(Evaluation.model_validate(kept))
    assert [row.name for row in by_class.rows] == list(CLASSES)
    assert [row.name for row in by_path.rows] == [f"shop {number}" for number in range(4)]
    for table in (by_class, by_path):
        assert all(0 <= row.reach.low <= row.reach.value <= row.reach.high <= 180 for row in table.rows)
        assert table.overall is not None
    ordered = sorted(by_path.rows, key=lambda row: row.reach.value)
    assert [float(row.figures[0].rstrip("%")) for row in ordered] == sorted(
        float(row.figures[0].rstrip("%")) for row in by_path.rows
    )
    assert "<h4>Path</h4>" in page


def test_what_a_text_said_is_shown_and_does_nothing(page: str) -> None:
    assert page.count("<blockquote>words &lt;b&gt;of&lt;/b&gt; a row</blockquote>") == 24


def test_an_evaluation_of_an_earlier_release_is_still_a_page(make_run: Callable[..., Path]) -> None:
    page = write_report(make_run()).read_text("utf-8")
    assert "<h3>By class</h3>" in page
    assert "<h3>Curves and calibration</h3>" not in page
    assert "<h3>By slice</h3>" not in page
