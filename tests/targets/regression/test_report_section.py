"""The page of a regression model shows the values of its evaluation."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.report import write_report
from headrace.targets.regression.evaluation import Regression
from headrace.targets.regression.report_section import RegressionAssessment, RegressionEvaluation


@pytest.fixture
def evaluation_record() -> dict[str, Any]:
    """Return the evaluation record of 700 rows."""
    random = np.random.default_rng(5)
    true = random.normal(10, 4, 700)
    judge = Regression()
    paths = np.array([f"reviews/{number}" for number in range(700)])
    judge.add(EvaluationBatch(paths, true, true, (true + random.normal(0, 1, 700))[:, None]))
    about = {"split": "test", "table": "t", "version": 0, "seconds": 1.0, "command": "headrace evaluate b --table t"}
    return about | judge.metrics()


def test_page_shows_errors_and_rows_of_regression(
    make_run: Callable[..., Path], evaluation_record: dict[str, Any]
) -> None:
    run = make_run()
    (run / "bundle" / "evaluation" / "test.json").write_text(json.dumps(evaluation_record))
    page = write_report(run).read_text("utf-8")
    metrics = evaluation_record["metrics"]
    assert f"the mean absolute error is <strong>{metrics['mean_absolute_error']:.4f}</strong>" in page
    assert f"R² is {metrics['r_squared']:.4f}" in page
    low, high = evaluation_record["intervals"]["r_squared"]
    assert f"95% interval {low:.4f} to {high:.4f}; always" in page
    assert "Mean absolute error, test split" in page
    assert f"R² {metrics['r_squared']:.4f} on 700 rows" in page
    # Predicted against true, and residuals by prediction.
    assert len(re.findall(r'<circle class="row"', page)) == 2 * 500
    assert evaluation_record["worst"][0]["path"] in page
    assert "<h3>Confusion matrix</h3>" not in page


def test_page_has_the_baselines_as_sentences_of_their_own(
    make_run: Callable[..., Path], evaluation_record: dict[str, Any]
) -> None:
    run = make_run()
    evaluation_record["baselines"] = {
        "persistence": evaluation_record["metrics"],
        "seasonal": evaluation_record["metrics"],
    }
    (run / "bundle" / "evaluation" / "test.json").write_text(json.dumps(evaluation_record))
    page = write_report(run).read_text("utf-8")
    assert re.search(r"has none\.\s+Predicting the last value would give", page)
    assert re.search(r"\.\s+Predicting the value of one season before would give", page)


def test_page_shows_images_with_largest_errors(make_run: Callable[..., Path]) -> None:
    judge, about = Regression(), {"split": "test", "table": "t", "version": 0, "seconds": 1.0, "command": "c"}
    paths, true = np.array(["a.png", "b.png"]), np.array([1.0, 2.0])
    judge.add(EvaluationBatch(paths, true, np.zeros((2, 8, 8, 3), np.uint8), np.array([[1.5], [4.0]], np.float32)))
    run = make_run()
    (run / "bundle" / "evaluation" / "test.json").write_text(json.dumps(about | judge.metrics()))
    page = write_report(run).read_text("utf-8")
    assert page.count("predicted as") == 2
    assert page.index("b.png") < page.index("a.png")


def test_residual_chart_places_overpredictions_above_the_line(evaluation_record: dict[str, Any]) -> None:
    assessment = RegressionAssessment(RegressionEvaluation.model_validate(evaluation_record))
    for point, (true, predicted) in zip(
        assessment.residual_points, evaluation_record["residuals"]["points"], strict=True
    ):
        assert 50 <= point.x <= 422
        assert 10 <= point.y <= 200
        assert (point.y < 105) == (predicted > true)
    across = sorted(
        zip(assessment.residual_points, evaluation_record["residuals"]["points"], strict=True),
        key=lambda one: one[1][1],
    )
    assert [point.x for point, _ in across] == sorted(point.x for point, _ in across)


def test_bars_are_as_high_as_counts_and_points_lie_in_the_chart(evaluation_record: dict[str, Any]) -> None:
    assessment = RegressionAssessment(RegressionEvaluation.model_validate(evaluation_record))
    heights = np.array([bar.height for bar in assessment.bars])
    counts = np.array(evaluation_record["residuals"]["counts"])
    assert heights / heights.max() == pytest.approx(counts / counts.max(), abs=0.01)
    assert all(50 <= point.x <= 422 and 10 <= point.y <= 200 for point in assessment.points)
    first, (true, predicted) = assessment.points[0], evaluation_record["residuals"]["points"][0]
    perfect = 200 - (first.x - 50) / 372 * 190
    assert (first.y < perfect) == (predicted > true)
