"""The evaluation of ranked items equals plain NumPy over all rows, beside popularity, in batches of any size."""

import numpy as np
import pytest
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.contract_comparison import ClassMatch
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.evaluate.mistake_renderer_interface import picture
from headrace.targets.retrieval.evaluation import Retrieval, make_evaluator

ITEMS = tuple(f"item{number}" for number in range(30))
COUNTS = {name: 60 - 2 * number for number, name in enumerate(ITEMS[:28])}
ROWS = 200


def some_rows(items: int = 30) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return true items, the first ones more often, and probabilities that know something of them."""
    random = np.random.default_rng(4)
    true = np.minimum(random.geometric(0.1, ROWS) - 1, 29)
    odds = np.exp(random.normal(size=(ROWS, items)) + 2 * (np.arange(items) == true[:, None]))
    return true, (odds / odds.sum(1, keepdims=True)).astype(np.float32)


def evaluated(true: NDArray[np.int64], probabilities: NDArray[np.float32], batch: int = 64) -> Retrieval:
    """Return an evaluator of the rows, which were added in batches."""
    evaluator = make_evaluator(Contract(columns={}, classes=ITEMS, task="retrieval"), picture, COUNTS)
    for first in range(0, len(true), batch):
        part = slice(first, first + batch)
        paths = np.array([f"row{row:03d}" for row in range(len(true))])[part]
        evaluator.add(EvaluationBatch(paths, true[part], np.zeros((len(paths), 2), "f4"), probabilities[part]))
    return evaluator


def test_metrics_are_those_of_a_sort() -> None:
    true, probabilities = some_rows()
    found = evaluated(true, probabilities).metrics()
    ranks = (np.argsort(-probabilities, 1) == true[:, None]).argmax(1) + 1
    metrics = found["metrics"]
    assert [name for name in metrics if name.startswith("recall")] == [f"recall_at_{last}" for last in (1, 5, 10, 20)]
    for last in (1, 5, 10, 20):
        assert metrics[f"recall_at_{last}"] == pytest.approx((ranks <= last).mean())
    assert metrics["mean_reciprocal_rank"] == pytest.approx((1 / ranks).mean())
    assert metrics["loss"] == pytest.approx(-np.log(probabilities[np.arange(ROWS), true]).mean(), rel=1e-5)
    first_ten = np.unique(np.argsort(-probabilities, 1)[:, :10])
    assert metrics["coverage_at_10"] == len(first_ten) / 30
    assert (found["rows"], found["items"]) == (ROWS, 30)
    low, high = found["intervals"]["recall_at_10"]
    assert low < metrics["recall_at_10"] < high


def test_batches_do_not_matter() -> None:
    true, probabilities = some_rows()
    assert evaluated(true, probabilities, 7).metrics() == evaluated(true, probabilities, 200).metrics()


def test_baseline_ranks_items_by_their_training_rows() -> None:
    true, probabilities = some_rows()
    found = evaluated(true, probabilities).metrics()
    popularity = found["baselines"]["popularity"]
    # The counts fall with the index; the last two items have none, and share the last two ranks.
    assert popularity["recall_at_5"] == pytest.approx((true < 5).mean())
    inverse = np.where(true < 28, 1 / (true + 1), (1 / 29 + 1 / 30) / 2)
    assert popularity["mean_reciprocal_rank"] == pytest.approx(inverse.mean())
    assert popularity["coverage_at_10"] == pytest.approx(1 / 3)
    without = found["without_training_rows"]
    assert without == {"rows": int((true >= 28).sum()), "items": len(np.unique(true[true >= 28]))}


def test_constant_scores_find_nothing() -> None:
    true, _ = some_rows()
    metrics = evaluated(true, np.full((ROWS, 30), 1 / 30, np.float32)).metrics()["metrics"]
    assert metrics["recall_at_1"] == metrics["recall_at_20"] == metrics["ndcg_at_10"] == 0
    assert metrics["mean_reciprocal_rank"] == pytest.approx(1 / 30)


def test_items_of_one_side_only_have_their_rank() -> None:
    """An item that the model lacks has no probability and the last rank; one that the table lacks can be before it."""
    match = ClassMatch(model=("b", "c", "old"), table=("a", "b", "c"))
    outputs = match.align(np.array([[0.5, 0.2, 0.3], [0.1, 0.3, 0.6]], np.float32))
    evaluator = Retrieval(("a", "b", "c"), {"b": 3, "c": 1})
    evaluator.add(EvaluationBatch(np.array(["x", "y"]), np.array([0, 2]), np.zeros((2, 1), "f4"), outputs))
    metrics = evaluator.metrics()["metrics"]
    assert metrics["mean_reciprocal_rank"] == pytest.approx((1 / 4 + 1 / 2) / 2)


def test_worst_rows_are_those_beyond_the_first_ten() -> None:
    true, probabilities = some_rows()
    found = evaluated(true, probabilities).metrics()["worst"]
    assert found
    assert all(one["rank"] > 10 and one["item"] not in one["best"] and len(one["best"]) == 3 for one in found)
    assert [one["probability"] for one in found] == sorted(one["probability"] for one in found)


def test_slice_has_the_metrics_of_its_rows() -> None:
    true, probabilities = some_rows()
    evaluator, rows = evaluated(true, probabilities), true < 3
    found = evaluator.slice_metrics(rows)
    assert found["rows"] == rows.sum()
    assert set(found["metrics"]) == {"recall_at_10", "mean_reciprocal_rank", "loss"}
    alone = evaluated(true[rows], probabilities[rows]).metrics()["metrics"]
    assert all(alone[name] == pytest.approx(value) for name, value in found["metrics"].items())
