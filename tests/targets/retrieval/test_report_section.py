"""The page of a model that ranks items shows its recall beside that of popularity, and no table of all items."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.html.template_filters import metric
from headrace.report import write_report
from headrace.targets.retrieval.evaluation import Retrieval
from headrace.targets.retrieval.report_section import RECORD, assess

ITEMS = tuple(f"film{number}" for number in range(200))


def test_page_shows_recall_popularity_and_rows(make_run: Callable[..., Path]) -> None:
    random, run = np.random.default_rng(5), make_run()
    true = random.integers(0, 200, 400)
    odds = np.exp(random.normal(size=(400, 200)) + 3 * (np.arange(200) == true[:, None]))
    evaluator = Retrieval(ITEMS, {name: 200 - number for number, name in enumerate(ITEMS[:190])})
    paths = np.array([f"r/{row}" for row in range(400)])
    outputs = (odds / odds.sum(1, keepdims=True)).astype("f4")
    evaluator.add(EvaluationBatch(paths, true, np.zeros((400, 2), "f4"), outputs))
    about = {"split": "test", "table": "t", "version": 0, "seconds": 1.0, "command": "headrace evaluate b --table t"}
    record = about | evaluator.metrics()
    (run / "bundle" / "evaluation" / "test.json").write_text(json.dumps(record))
    page = write_report(run).read_text("utf-8")
    recall = metric(record["metrics"]["recall_at_10"], "recall_at_10")
    popular = metric(record["baselines"]["popularity"]["recall_at_10"], "recall_at_10")
    assert f"the first ten for <strong>{recall}</strong> of the rows" in page
    assert f"recommending the ten most popular items of training to all would give {popular}" in page
    assert f"{popular} by popularity, 200 items" in page
    assert record["worst"][0]["path"] in page
    assert "have no training row; no model learns to find them" in page
    # The worst rows alone name items.
    assert page.count("film") < 200


def test_chart_has_a_line_for_the_model_and_one_for_popularity() -> None:
    names = [f"recall_at_{last}" for last in (1, 5, 10, 20, 50, 100)]
    values = dict(zip(names, (0.1, 0.2, 0.3, 0.4, 0.5, 0.6), strict=True))
    evaluation = RECORD(
        task="retrieval",
        split="test",
        table="t",
        version=0,
        rows=9,
        metrics=values | {"loss": 1.0},
        seconds=1,
        command="c",
        items=200,
        baselines={"popularity": {name: value / 2 for name, value in values.items()}},
        without_training_rows={"rows": 0, "items": 0},
    )
    chart = assess(evaluation).chart
    assert [line.worst for line in chart.lines] == [False, True]
    assert chart.lines[0].path.startswith("M66 247.6L")
    assert chart.lines[0].path.endswith("L330 115.6")
    assert [label for _, label in chart.positioned_across_ticks] == ["1", "5", "10", "20", "50", "100"]
    assert "model: 1: 10.00%, 5: 20.00%" in chart.summary
