"""What the page says of a model that predicts numbers is what its evaluation says."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headrace.evaluate.judged import Judged
from headrace.evaluate.regression import Regression
from headrace.report import write_report
from headrace.report.numbers import NumberAssessment
from headrace.report.records import NumberEvaluation


@pytest.fixture
def kept() -> dict[str, Any]:
    """The file of an evaluation of 700 rows."""
    random = np.random.default_rng(5)
    true = random.normal(10, 4, 700)
    judge = Regression()
    paths = np.array([f"reviews/{number}" for number in range(700)])
    judge.add(Judged(paths, true, true, (true + random.normal(0, 1, 700))[:, None]))
    about = {"split": "test", "table": "t", "version": 0, "seconds": 1.0, "command": "headrace evaluate b --table t"}
    return about | judge.figures()


def test_the_page_tells_the_errors_and_shows_the_rows(make_run: Callable[..., Path], kept: dict[str, Any]) -> None:
    run = make_run()
    (run / "bundle" / "evaluation" / "test.json").write_text(json.dumps(kept))
    page = write_report(run).read_text("utf-8")
    metrics = kept["metrics"]
    assert f"off by <strong>{metrics['mean_absolute_error']:.4f}</strong>" in page
    assert f"R² is {metrics['r_squared']:.4f}" in page
    low, high = kept["intervals"]["r_squared"]
    assert f"95% interval {low:.4f} to {high:.4f}, where always" in page
    assert "Mean absolute error, test split" in page
    assert len(re.findall(r'<circle class="row"', page)) == 500
    assert kept["worst"][0]["path"] in page
    assert "<h3>Confusion matrix</h3>" not in page


def test_bars_have_the_heights_of_their_counts_and_points_lie_in_the_chart(kept: dict[str, Any]) -> None:
    assessment = NumberAssessment(NumberEvaluation.model_validate(kept))
    heights = np.array([bar.height for bar in assessment.bars])
    counts = np.array(kept["residuals"]["counts"])
    assert heights / heights.max() == pytest.approx(counts / counts.max(), abs=0.01)
    assert all(50 <= point.x <= 422 and 10 <= point.y <= 200 for point in assessment.points)
    first, (true, predicted) = assessment.points[0], kept["residuals"]["points"][0]
    perfect = 200 - (first.x - 50) / 372 * 190
    assert (first.y < perfect) == (predicted > true)
