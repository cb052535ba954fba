"""The gate compares frequent, medium and rare items; drift is that of the inputs."""

import numpy as np

from headrace.compare.row_predictions import Predictions
from headrace.config.sections.retraining import Gate
from headrace.contract import Contract
from headrace.retrain.drift.drift_value_interfaces import ALL
from headrace.retrain.gate.model_predictions_latency_and_size import ScoredModel
from headrace.retrain.gate.promotion_checks import Comparison, run_checks
from headrace.retrain.gate.slicing import ModelPair
from headrace.targets.retrieval.gate_slices_and_drift_statistics import (
    class_slices,
    profile_groups,
    statistics,
    target_label,
)

ROWS, ITEMS = 600, tuple(f"i{number}" for number in range(40))
TRAINING_ROWS = {name: 40 - number for number, name in enumerate(ITEMS)}
CONTRACT = Contract(columns={}, classes=("a", "b", "c", "d"), task="retrieval")


def test_slices_are_thirds_by_training_rows() -> None:
    true = np.array([0, 0, 1, 3])
    model = Predictions(np.array(list("wxyz")), true, np.stack([true, np.ones(4, int)], 1), np.ones(4))
    found = list(class_slices(CONTRACT.classes, ModelPair(model, model), {"a": 30, "b": 20, "c": 10}))
    assert [(one.label, one.rows) for one in found] == [
        ("recall at 10 of items of the head", 2),
        ("recall at 10 of items of the middle", 1),
        ("recall at 10 of items of the tail", 1),
    ]


def test_items_are_not_counted_for_drift() -> None:
    assert profile_groups(2, CONTRACT) == (ALL,)
    assert statistics(2) == {}
    assert target_label(2, CONTRACT) == "c"


def ranker(share: float, *, blind_to: int = 40) -> ScoredModel:
    """Return a model that finds the item of a share of the rows, and no item from number `blind_to` on."""
    random = np.random.default_rng(3)
    true = np.arange(ROWS) % 40
    found = (random.permutation(ROWS) < share * ROWS) & (true < blind_to)
    ranks = np.where(found, 1 + np.arange(ROWS) % 10, 30)
    predicted = np.stack([np.where(ranks == 1, true, (true + 1) % 40), ranks], 1)
    paths = np.array([f"{row}.csv" for row in range(ROWS)])
    predictions = Predictions(paths, true, predicted, np.where(found, 0.2, 0.001))
    return ScoredModel(predictions=predictions, milliseconds=1.0, size_bytes=10)


def failed(champion: ScoredModel, challenger: ScoredModel) -> list[str]:
    """Return the names of the checks that fail."""
    comparison = Comparison(
        task="retrieval",
        classes=ITEMS,
        champion=champion,
        challenger=challenger,
        violations=(),
        training_rows=TRAINING_ROWS,
    )
    return [check.name for check in run_checks(comparison, Gate()) if not check.passed]


def test_gate_compares_recall_and_the_slices() -> None:
    assert failed(ranker(0.4), ranker(0.6)) == []
    assert failed(ranker(0.4), ranker(0.4))[0] == "recall at 10 against the champion's"
    # Rare items are not found any more, although all in all more are.
    assert failed(ranker(0.3), ranker(0.9, blind_to=20)) == ["recall at 10 of items of the tail"]
