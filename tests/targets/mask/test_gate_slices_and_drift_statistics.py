"""Drift of masks is that of their classes and of the shares of their pixels; the gate has a slice for each class."""

import numpy as np
import pytest

from headrace.compare.row_predictions import Predictions
from headrace.contract import Column, Contract
from headrace.retrain.gate.slicing import ModelPair
from headrace.targets.mask.gate_slices_and_drift_statistics import (
    class_slices,
    profile_groups,
    statistics,
    target_label,
)

COLUMN = Column(role="target", codec="raw", dtype="uint8", shape=(2, 3))
STORED = bytes([1, 1, 1, 0, 255, 255])


def contract(*classes: str) -> Contract:
    return Contract(columns={"label": COLUMN}, classes=classes, task="mask")


def test_statistics_are_shares_of_pixels() -> None:
    assert statistics(STORED) == pytest.approx(
        {"share of other classes than the most frequent": 0.25, "share of ignored pixels": 2 / 6}
    )
    assert profile_groups(STORED, contract("road", "sky", "car")) == ("road", "sky")


def test_label_does_not_depend_on_the_order_of_classes() -> None:
    other = bytes([0, 0, 0, 1, 255, 255])
    assert target_label(STORED, contract("road", "sky")) == target_label(other, contract("sky", "road"))
    assert target_label(STORED, contract("road", "sky")) != target_label(STORED, contract("sky", "road"))


def test_slices_are_the_images_with_a_class() -> None:
    true = np.zeros((3, 2, 2), np.uint8)
    true[1, 0] = 1
    model = Predictions(np.array(["a", "b", "c"]), true, true, np.zeros(3))
    found = list(class_slices(("road", "sky", "car"), ModelPair(model, model), {}))
    assert [(one.label, one.rows) for one in found] == [
        ("mean iou of images with 'road'", 3),
        ("mean iou of images with 'sky'", 1),
    ]
