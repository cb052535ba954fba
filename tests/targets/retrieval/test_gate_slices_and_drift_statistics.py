"""The gate compares frequent, medium and rare items; drift is that of the inputs."""

import numpy as np

from headrace.compare.row_predictions import Predictions
from headrace.contract import Contract
from headrace.retrain.drift.drift_value_interfaces import ALL
from headrace.retrain.gate.slicing import ModelPair
from headrace.targets.retrieval.gate_slices_and_drift_statistics import (
    class_slices,
    profile_groups,
    statistics,
    target_label,
)

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
