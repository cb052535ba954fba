"""Targets are decoded from the stored target column."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.contract import Column, Contract
from headrace.errors import DataError
from headrace.prepare.encoders.label_text import encode_labels
from headrace.stream.decode.target_column import decode_targets, stored_targets
from headrace.stream.read.binary_columns_and_row_selection import BinaryColumn
from headrace.targets.target_kind_loader import target_module
from headrace.targets.target_kind_traits import TaskType

sets = st.lists(st.sets(st.integers(0, 5)), min_size=1, max_size=20)


def contract(task: TaskType, classes: int) -> Contract:
    """Return a contract with this many classes."""
    column = target_module(task, "label_encoder").COLUMN
    return Contract(columns={"label": column}, classes=tuple(map(str, range(classes))), task=task)


def label_column(rows: list[set[int]]) -> BinaryColumn:
    """Return the stored column of these label sets."""
    return BinaryColumn.from_array(pa.array([encode_labels(row) for row in rows], pa.binary()))


@given(sets)
def test_encode_targets_sets_1_for_each_label(rows: list[set[int]]) -> None:
    found = decode_targets({"label": label_column(rows)}, contract("multi_label", 6))
    assert found.dtype == np.float32
    assert found.tolist() == [[float(number in row) for number in range(6)] for row in rows]


@given(sets, st.data())
def test_encode_targets_follows_row_order(rows: list[set[int]], data: st.DataObject) -> None:
    order = np.array(data.draw(st.permutations(range(len(rows)))))
    found = decode_targets({"label": label_column(rows)[order]}, contract("multi_label", 6))
    assert (
        found.tolist()
        == decode_targets({"label": label_column([rows[row] for row in order])}, contract("multi_label", 6)).tolist()
    )


def test_class_indices_are_unchanged() -> None:
    assert decode_targets({"label": np.array([2, 0])}, contract("classification", 3)).tolist() == [2, 0]


def test_vectors_are_decoded_to_rows_of_components() -> None:
    column = Column(role="target", codec="raw", dtype="float32", shape=(2,))
    about = Contract(columns={"label": column}, task="vector")
    stored = BinaryColumn.from_values([np.array(row, "<f4").tobytes() for row in ([1, 2], [3, 4], [5, 6])])
    assert decode_targets({"label": stored[np.array([2, 0])]}, about).tolist() == [[5, 6], [1, 2]]
    assert decode_targets({"label": stored[:0]}, about).shape == (0, 2)


def test_masks_are_decoded_to_rows_of_pixels() -> None:
    column = Column(role="target", codec="raw", dtype="uint8", shape=(2, 2))
    about = Contract(columns={"label": column}, classes=("a", "b"), task="mask")
    stored = BinaryColumn.from_values([bytes(row) for row in ([0, 1, 1, 255], [1, 1, 0, 0])])
    assert decode_targets({"label": stored[np.array([1, 0])]}, about).tolist() == [[[1, 1], [0, 0]], [[0, 1], [1, 255]]]
    assert decode_targets({"label": stored[:0]}, about).shape == (0, 2, 2)


def test_stored_targets_have_ignored_pixels_as_they_are_stored() -> None:
    weights = np.array([[[0, 2], [2, 0]], [[0, 0], [0, 0]]], np.float32)
    masks = stored_targets(np.zeros((2, 2, 2), np.uint8), weights)
    assert masks.dtype == np.uint8
    assert masks.tolist() == [[[255, 0], [0, 255]], [[255, 255], [255, 255]]]
    assert stored_targets(np.array([3, 4]), np.array([1, 0], np.float32)).tolist() == [3, 4]


def test_label_beyond_classes_is_refused() -> None:
    with pytest.raises(DataError, match="the label 3, but there are 3 classes"):
        decode_targets({"label": label_column([{1}, {3}])}, contract("multi_label", 3))
