"""Models that rank items are compared by the rank of the true item of each row."""

import numpy as np
import pytest

from headrace.compare.comparison_metrics import scores
from headrace.compare.deciding_row_counts import deciding_rows
from headrace.compare.paired_differences import metric_differences, verdict
from headrace.compare.row_predictions import Predictions
from headrace.contract_comparison import ClassMatch
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.targets.retrieval.comparison import (
    describe_prediction,
    describe_value,
    details,
    to_predictions,
)

ITEMS = tuple(f"item{number}" for number in range(60))
MATCH = ClassMatch(ITEMS, ITEMS)


def predictions(strength: float, rows: int = 300) -> Predictions:
    """Return those of a model that knows more the larger `strength` is, the same rows each time."""
    random = np.random.default_rng(1)
    true = random.integers(0, 60, rows)
    odds = np.exp(random.normal(size=(rows, 60)) + strength * (np.arange(60) == true[:, None]))
    outputs = (odds / odds.sum(1, keepdims=True)).astype(np.float32)
    paths = np.array([f"r{row}" for row in range(rows)])
    return to_predictions(EvaluationBatch(paths, true, np.zeros((rows, 1)), outputs), MATCH)


def test_better_model_is_found_better() -> None:
    weak, strong = predictions(0.5), predictions(2.0)
    assert scores("retrieval", strong)["recall_at_10"] > scores("retrieval", weak)["recall_at_10"]
    for metric, difference in metric_differences("retrieval", weak, strong).items():
        assert verdict(metric, difference) == "better"
    low, high = metric_differences("retrieval", weak, strong)["recall_at_10"].interval
    assert low < scores("retrieval", strong)["recall_at_10"] - scores("retrieval", weak)["recall_at_10"] < high


def test_equal_models_have_no_difference() -> None:
    found = metric_differences("retrieval", predictions(1.0), predictions(1.0))
    assert {difference.value for difference in found.values()} == {0.0}


def test_rows_decide_the_recall_if_one_model_finds_the_item() -> None:
    weak, strong = predictions(0.5), predictions(2.0)
    hits = [model.predicted[:, 1] <= 10 for model in (weak, strong)]
    assert deciding_rows("recall_at_10", weak, strong) == (hits[0] != hits[1]).sum()
    ranks = [model.predicted[:, 1] for model in (weak, strong)]
    assert deciding_rows("mean_reciprocal_rank", weak, strong) == (ranks[0] != ranks[1]).sum()


def test_rows_are_described_by_item_and_rank() -> None:
    model = predictions(2.0)
    row = int(np.flatnonzero(model.predicted[:, 1] > 1)[0])
    assert describe_value(model.true[row], ITEMS) == f"item{model.true[row]}"
    assert describe_value(model.predicted[row], ITEMS) == f"item{model.predicted[row, 0]}"
    assert describe_value(np.array([60, 2]), ITEMS) == "an item that the table lacks"
    found = describe_prediction(model, row)
    assert (found["right"], found["rank"]) == (False, model.predicted[row, 1])
    assert found["probability"] == pytest.approx(model.likelihood[row])


def test_details_are_recalls_and_no_table_of_items() -> None:
    found = details({"a": predictions(0.5), "b": predictions(2.0)}, ITEMS, set())
    assert set(found) == {"recall"}
    assert list(found["recall"]["a"]) == ["1", "5", "10", "20", "50"]
    assert found["recall"]["a"]["10"] == scores("retrieval", predictions(0.5))["recall_at_10"]
