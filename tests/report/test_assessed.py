"""Charts and tables of a classification evaluation: curves, calibration, slices, quoted texts."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headrace.html.unit_square_chart import BOTTOM, LEFT, RIGHT, TOP
from headrace.report import write_report
from headrace.report.evaluation.calibration_chart import reliability_chart
from headrace.report.evaluation.curves import curve_charts
from headrace.report.evaluation.slices import slice_tables
from headrace.targets.classification.report_section import Evaluation
from tests.support.fabricated_run import full_evaluation

CLASSES = ("circle", "square", "cross")


@pytest.fixture(scope="module")
def evaluation_record() -> dict[str, Any]:
    """Return the record of an evaluation with every optional part."""
    return full_evaluation(CLASSES)


@pytest.fixture
def page(make_run: Callable[..., Path], evaluation_record: dict[str, Any]) -> str:
    """Return the page of a run with this evaluation."""
    run = make_run()
    (run / "bundle" / "evaluation" / "test.json").write_text(json.dumps(evaluation_record))
    return write_report(run).read_text("utf-8")


def path_points(path: str) -> np.ndarray:
    """Return the points of an SVG path as an array of shape (points, 2)."""
    return np.array([[float(number) for number in pair.split()] for pair in path[1:].split("L")])


def test_page_shows_every_metric_with_its_interval(page: str, evaluation_record: dict[str, Any]) -> None:
    words = " ".join(re.sub(r"<[^>]*>", " ", page).split())
    low, high = evaluation_record["intervals"]["brier_score"]
    assert f"Brier score {evaluation_record['metrics']['brier_score']:.4f} {low:.4f} to {high:.4f}" in words
    assert f"Expected calibration error {evaluation_record['metrics']['expected_calibration_error']:.4f}" in words
    scores = evaluation_record["per_class"]["cross"]
    low, high = scores["intervals"]["precision"]
    assert f"cross {scores['precision']:.3f} {low:.3f} to {high:.3f}" in words
    assert f"{scores['roc_auc']:.3f} {scores['average_precision']:.3f} {scores['support']}" in words


def test_class_without_rows_has_no_scores_and_enters_no_mean(
    make_run: Callable[..., Path], evaluation_record: dict[str, Any]
) -> None:
    record = json.loads(json.dumps(evaluation_record))
    record["classes"].append("ghost")
    record["confusion"] = [[*row, 0] for row in record["confusion"]] + [[0] * 4]
    record["per_class"]["ghost"] = {"precision": 0, "recall": 0, "f1": 0, "support": 0}
    run = make_run()
    (run / "bundle" / "evaluation" / "test.json").write_text(json.dumps(record))
    words = " ".join(re.sub(r"<[^>]*>", " ", write_report(run).read_text("utf-8")).split())
    mean = np.mean([evaluation_record["per_class"][name]["f1"] for name in CLASSES])
    assert "ghost – – – – – 0" in words
    assert re.search(rf"Mean over the 3 classes with rows \S+ \S+ {mean:.3f}", words)


def test_roc_curve_is_monotonic_and_worst_class_is_highlighted(evaluation_record: dict[str, Any]) -> None:
    roc, precise = curve_charts(Evaluation.model_validate(evaluation_record))
    worst = min(CLASSES, key=lambda name: evaluation_record["per_class"][name]["roc_auc"])
    assert [line.worst for line in roc.lines] == [False, False, True]
    assert roc.lines[-1].text.startswith(f"{worst}: area ")
    across, up = path_points(roc.lines[0].path).T
    assert (across[0], up[0], across[-1], up[-1]) == (LEFT, BOTTOM, RIGHT, TOP)
    assert (np.diff(across) >= 0).all()
    assert (np.diff(up) <= 0).all()
    assert len(precise.lines) == 3
    assert all(name in roc.summary for name in CLASSES)


def test_reliability_chart_places_points_at_confidence_and_accuracy(evaluation_record: dict[str, Any]) -> None:
    chart = reliability_chart(Evaluation.model_validate(evaluation_record))
    assert chart
    for dot, share, found in zip(chart.dots, chart.shares, evaluation_record["calibration"], strict=True):
        assert dot.x == pytest.approx(LEFT + found["confidence"] * (RIGHT - LEFT), abs=0.06)
        assert dot.y == pytest.approx(BOTTOM - found["accuracy"] * (BOTTOM - TOP), abs=0.06)
        assert TOP <= dot.high <= dot.y <= dot.low <= BOTTOM
        assert share.x <= dot.x <= share.x + share.width + 2
    heights = np.array([share.height for share in chart.shares])
    rows = np.array([found["rows"] for found in evaluation_record["calibration"]])
    assert heights / heights.max() == pytest.approx(rows / rows.max(), abs=0.01)


def test_slice_tables_share_one_scale(page: str, evaluation_record: dict[str, Any]) -> None:
    by_class, by_path = slice_tables(Evaluation.model_validate(evaluation_record))
    assert [row.name for row in by_class.rows] == list(CLASSES)
    assert [row.name for row in by_path.rows] == [f"shop {number}" for number in range(4)]
    for table in (by_class, by_path):
        assert all(
            0 <= row.interval_position.low <= row.interval_position.value <= row.interval_position.high <= 180
            for row in table.rows
        )
        assert table.overall is not None
    ordered = sorted(by_path.rows, key=lambda row: row.interval_position.value)
    assert [float(row.metric_texts[0].rstrip("%")) for row in ordered] == sorted(
        float(row.metric_texts[0].rstrip("%")) for row in by_path.rows
    )
    assert "<h4>Path</h4>" in page


def test_page_escapes_quoted_texts(page: str) -> None:
    assert page.count("<blockquote>words &lt;b&gt;of&lt;/b&gt; a row</blockquote>") == 24


def test_page_shows_how_many_rows_the_model_was_trained_on(
    make_run: Callable[..., Path], evaluation_record: dict[str, Any]
) -> None:
    run = make_run()
    trained_on = {"rows": 3, "total": 40, "example": "a.png", "unread": []}
    (run / "bundle" / "evaluation" / "test.json").write_text(json.dumps(evaluation_record | {"trained_on": trained_on}))
    page = write_report(run).read_text("utf-8")
    assert "The model was trained on 3 of these 40 rows</strong>" in page


def test_page_omits_sections_missing_from_evaluation(make_run: Callable[..., Path]) -> None:
    """An evaluation of an earlier release has neither curves nor slices."""
    page = write_report(make_run()).read_text("utf-8")
    assert "<h3>By class</h3>" in page
    assert "<h3>Curves and calibration</h3>" not in page
    assert "<h3>By slice</h3>" not in page
