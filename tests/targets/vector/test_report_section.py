"""The page of a model that predicts vectors shows the values of its evaluation."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.report import write_report
from headrace.targets.vector.evaluation import VectorRegression
from headrace.wording import number


def test_page_shows_errors_components_and_rows(make_run: Callable[..., Path]) -> None:
    random, run = np.random.default_rng(5), make_run()
    true = random.normal(10, 4, (300, 50)).astype("float32")
    evaluator = VectorRegression()
    predicted = (true + random.normal(0, 1, true.shape)).astype("float32")
    evaluator.add(EvaluationBatch(np.array([f"v/{row}" for row in range(300)]), true, true, predicted))
    about = {"split": "test", "table": "t", "version": 0, "seconds": 1.0, "command": "headrace evaluate b --table t"}
    record = about | evaluator.metrics()
    (run / "bundle" / "evaluation" / "test.json").write_text(json.dumps(record))
    page = write_report(run).read_text("utf-8")
    assert f"over 50 components is <strong>{number(record['metrics']['root_mean_squared_error'])}</strong>" in page
    assert f"would give {number(record['baselines']['mean']['root_mean_squared_error'])}" in page
    assert "The 40 of 50 components with the largest errors" in page
    assert record["worst"][0]["path"] in page
    assert "Root mean squared error, test split" in page
