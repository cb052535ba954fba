"""Predicted vectors are lists of numbers: in Parquet, in Spark, and in the signature of MLflow."""

import numpy as np
import pyarrow as pa
import pytest

from headrace.contract import Contract
from headrace.predict.outputs.prediction_columns_interface import ModelOutputs, predictions_table
from headrace.predict.udf.prediction_udf import output_columns

CONTRACT = Contract(columns={}, task="vector")


def test_predictions_are_lists() -> None:
    batches = [np.array([[1, 2], [3, 4]], np.float32), np.array([[5, 6]], np.float32)]
    found = predictions_table(ModelOutputs(["a", "b", "c"], batches, (), None), CONTRACT)
    assert found.schema.field("values").type == pa.list_(pa.float32())
    assert found["values"].to_pylist() == [[1, 2], [3, 4], [5, 6]]
    assert predictions_table(ModelOutputs([], [], (), None), CONTRACT).num_rows == 0


@pytest.mark.parametrize(
    ("task", "columns"),
    [
        ("classification", ["label string", "probabilities array<float>", "rejected string"]),
        ("multi_label", ["labels array<string>", "probabilities array<float>", "rejected string"]),
        ("regression", ["value float", "rejected string"]),
        ("vector", ["values array<float>", "rejected string"]),
    ],
)
def test_spark_and_mlflow_have_the_columns_of_the_kind(task: str, columns: list[str]) -> None:
    from headrace.registry.pyfunc_model_files import _outputs

    classes = ("a", "b") if task in ("classification", "multi_label") else ()
    contract = Contract.model_validate({"columns": {}, "task": task, "classes": classes})
    assert [f"{column.name} {column.type}" for column in output_columns(contract)] == columns
    found = [(one.name, str(one.type)) for one in _outputs(contract)]
    kinds = {"array<float>": "Array(float)", "array<string>": "Array(string)", "float": "DataType.float"}
    expected = [one.split() for one in columns]
    assert found == [(name, kinds.get(kind, "DataType.string")) for name, kind in expected]
