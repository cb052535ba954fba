"""The page of a model that predicts masks shows the values of its evaluation."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.report import write_report
from headrace.targets.mask.evaluation import Segmentation
from headrace.wording import number


def test_page_shows_scores_confusions_and_masks(make_run: Callable[..., Path]) -> None:
    random, run = np.random.default_rng(5), make_run()
    true = random.integers(0, 2, (30, 8, 8)).astype(np.uint8)
    images = random.integers(0, 256, (30, 8, 8, 3)).astype(np.uint8)
    odds = 0.6 * np.eye(3, dtype="f4")[true] + random.random((30, 8, 8, 3), "f4")
    evaluator = Segmentation(("road", "sky", "car"))
    paths = np.array([f"v/{row}" for row in range(30)])
    evaluator.add(EvaluationBatch(paths, true, images, odds / odds.sum(-1, keepdims=True)))
    about = {"split": "test", "table": "t", "version": 0, "seconds": 1.0, "command": "headrace evaluate b --table t"}
    record = about | evaluator.metrics()
    (run / "bundle" / "evaluation" / "test.json").write_text(json.dumps(record))
    page = write_report(run).read_text("utf-8")
    assert f"over 3 classes is <strong>{number(record['metrics']['mean_iou'])}</strong>" in page
    assert "Mean IoU, test split" in page
    assert page.count('alt="predicted mask of') == 24
    assert page.count("<small>predicted mask</small>") == page.count("<small>true mask</small>") == 24
    pixels = record["confusion"][0][1] + record["confusion"][0][2]
    assert pixels > 0
    assert f"<td>{record['confusion'][0][1]}</td>" in page
    assert record["worst"][0]["path"] in page
