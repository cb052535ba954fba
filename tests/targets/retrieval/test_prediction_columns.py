"""Predicted items are lists of ids, the best first, with their scores: in Parquet, CSV, JSONL, Spark and MLflow."""

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace.contract import Contract
from headrace.predict.outputs.flat_file import write_predictions
from headrace.predict.outputs.prediction_columns_interface import ModelOutputs, predictions_table, summarize_outputs
from headrace.predict.udf.prediction_udf import output_columns
from headrace.targets.retrieval.prediction_columns import true_target_column

ITEMS = tuple(f"m{number}" for number in range(40))
CONTRACT = Contract(columns={}, classes=ITEMS, task="retrieval")


def predicted(contract: Contract = CONTRACT) -> pa.Table:
    """Return the predictions of three rows in two batches."""
    outputs = np.random.default_rng(0).random((3, len(contract.classes))).astype("f4")
    batches = [summarize_outputs(outputs[:2], contract), summarize_outputs(outputs[2:], contract)]
    return predictions_table(ModelOutputs(["a", "b", "c"], batches, contract.classes, None), contract)


def test_ten_best_items_are_listed_with_their_scores() -> None:
    rows, outputs = predicted(), np.random.default_rng(0).random((3, 40)).astype("f4")
    order = np.argsort(-outputs, 1)[:, :10]
    assert rows.column_names == ["path", "items", "scores"]
    assert rows["items"].to_pylist() == [[f"m{item}" for item in row] for row in order]
    assert rows["scores"].to_pylist() == np.take_along_axis(outputs, order, 1).tolist()


def test_fewer_items_are_all_listed() -> None:
    few = Contract(columns={}, classes=("x", "y", "z"), task="retrieval")
    assert sorted(predicted(few)["items"].to_pylist()[0]) == ["x", "y", "z"]
    assert predictions_table(ModelOutputs([], [], few.classes, None), few).num_rows == 0


def test_true_items_are_named() -> None:
    assert true_target_column(pa.array([3, 0], pa.int32()), CONTRACT).to_pylist() == ["m3", "m0"]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_flat_files_have_the_lists(form: str, tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    pq.write_table(predicted(), tmp_path / "parts/part-0.parquet")
    write_predictions(tmp_path / "parts", tmp_path / "out", form, CONTRACT)  # type: ignore[arg-type]
    with (tmp_path / "out").open(newline="") as file:
        rows = [json.loads(line) for line in file] if form == "jsonl" else list(csv.DictReader(file))
    assert list(rows[0]) == ["path", "items", "scores"]
    items, scores = rows[0]["items"], rows[0]["scores"]
    lists = (items, scores) if form == "jsonl" else (json.loads(items), json.loads(scores))
    assert lists[0] == predicted()["items"].to_pylist()[0]
    assert lists[1] == pytest.approx(predicted()["scores"].to_pylist()[0])


def test_spark_and_mlflow_have_the_columns() -> None:
    from headrace.registry.pyfunc_model_files import _outputs

    columns = [f"{column.name} {column.type}" for column in output_columns(CONTRACT)]
    assert columns == ["items array<string>", "scores array<float>", "rejected string"]
    found = [(one.name, str(one.type)) for one in _outputs(CONTRACT)]
    assert found[:2] == [("items", "Array(string)"), ("scores", "Array(float)")]
