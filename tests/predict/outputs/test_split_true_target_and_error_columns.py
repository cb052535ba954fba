"""Predictions of a table have its splits and labels beside them, as the table has them."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from headrace.contract import Column, Contract
from headrace.predict.outputs.flat_file import write_predictions
from headrace.predict.outputs.prediction_part_output import PredictionOutput
from headrace.predict.outputs.split_true_target_and_error_columns import table_columns, with_errors
from headrace.prepare.encoders.label_text import encode_labels
from headrace.stream.read.binary_columns_and_row_selection import column_values
from headrace.targets.target_kind_loader import target_module

CLASSES = ("coat", "bag", "boot")
VECTORS = [[0.5, -1.0], [2.0, 0.0]]


@pytest.mark.parametrize(
    ("task", "stored", "name", "values"),
    [
        ("classification", pa.array([2, 0], pa.int32()), "true_label", ["boot", "coat"]),
        ("multi_label", pa.array([encode_labels([2, 0]), b""]), "true_labels", [["coat", "boot"], []]),
        ("regression", pa.array([0.5, -1], pa.float32()), "true_value", [0.5, -1]),
        ("vector", pa.array([np.array(row, "<f4").tobytes() for row in VECTORS]), "true_values", VECTORS),
    ],
)
def test_labels_are_named_by_the_kind_of_the_target(task: Any, stored: pa.Array, name: str, values: list[Any]) -> None:
    column: Column = target_module(task, "label_encoder").COLUMN
    if task == "vector":
        column = column.model_copy(update={"shape": (2,)})
    classes = () if task in ("regression", "vector") else CLASSES
    contract = Contract(columns={"label": column}, classes=classes, task=task)
    rows = {"label": column_values(pa.chunked_array([stored]))}
    assert table_columns(rows, "val", contract).to_pydict() == {"split": ["val", "val"], name: values}


def test_error_of_vectors_is_beside_them() -> None:
    column = target_module("vector", "label_encoder").COLUMN.model_copy(update={"shape": (2,)})
    contract = Contract(columns={"label": column}, task="vector")
    stored = pa.array([np.array(row, "<f4").tobytes() for row in VECTORS])
    known = table_columns({"label": column_values(pa.chunked_array([stored]))}, "test", contract)
    found = with_errors(known, np.array([[0.5, 1.0], [2.0, 0.0]], np.float32), contract)
    assert found.column_names == ["split", "true_values", "error"]
    assert found["error"].to_pylist() == pytest.approx([2**0.5, 0])


def test_file_has_split_and_label_after_the_path(tmp_path: Path) -> None:
    known = [pa.table({"split": ["test"], "true_value": pa.array([number], pa.float32())}) for number in (0.1, 2)]
    output = PredictionOutput(paths=["a", "b"], known=known, batches=[np.array([[0.3], [0.5]], np.float32)])
    contract = Contract(columns={}, classes=(), task="regression")
    output.write(tmp_path, 0, contract)
    write_predictions(tmp_path, tmp_path / "file", "csv", contract)
    assert (tmp_path / "file").read_text().splitlines() == [
        "path,split,true_value,value",
        "a,test,0.1,0.3",
        "b,test,2.0,0.5",
    ]
