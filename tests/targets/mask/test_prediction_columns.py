"""Predicted masks are PNG files of class indices, with the shares of the classes."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from headrace.contract import IGNORED_PIXEL, Column, Contract
from headrace.predict.outputs.flat_file import write_predictions
from headrace.predict.outputs.prediction_columns_interface import ModelOutputs, predictions_table, summarize_outputs
from headrace.registry.pyfunc_model_files import _mlflow_type
from headrace.spark.arrow_to_spark_type_name import spark_type
from headrace.targets.mask.mask_pictures import class_colour
from headrace.targets.mask.prediction_columns import SCHEMA, true_target_column

CONTRACT = Contract(
    columns={"label": Column(role="target", codec="raw", dtype="uint8", shape=(2, 4))},
    classes=("ground", "road", "sky"),
    task="mask",
)


def predicted() -> pa.Table:
    """Return the predictions of two rows in two batches: all of the first class, and a half of the third one."""
    probabilities = np.full((2, 2, 4, 3), 0.1, np.float32)
    probabilities[0, ..., 0] = probabilities[1, 0, :, 2] = probabilities[1, 1, :, 1] = 0.8
    batches = [summarize_outputs(probabilities[row : row + 1], CONTRACT) for row in range(2)]
    return predictions_table(ModelOutputs(["a", "b"], batches, CONTRACT.classes, None), CONTRACT)


def read(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


def test_masks_are_indices_in_colours() -> None:
    rows = predicted()
    first, second = (read(one) for one in rows["mask"].to_pylist())
    assert np.asarray(first).tolist() == [[0] * 4] * 2
    assert np.asarray(second).tolist() == [[2] * 4, [1] * 4]
    assert second.convert("RGB").getpixel((0, 0)) == class_colour(2)
    assert rows["shares"].to_pylist() == [[1, 0, 0], [0, 0.5, 0.5]]
    assert rows["confidence"].to_pylist() == pytest.approx([0.8, 0.8])


def test_true_masks_have_255_where_no_class_is() -> None:
    stored = bytes([0, 1, 2, IGNORED_PIXEL, 0, 0, 0, 0])
    (found,) = true_target_column(pa.array([stored]), CONTRACT).to_pylist()
    assert np.asarray(read(found)).ravel().tolist() == list(stored)


def test_columns_have_types_in_spark_and_mlflow() -> None:
    assert [spark_type(field.type) for field in SCHEMA] == ["string", "binary", "array<float>", "float"]
    pytest.importorskip("mlflow")
    assert _mlflow_type(pa.binary()).name == "binary"


def test_csv_has_masks_in_base64(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    pq.write_table(predicted(), tmp_path / "parts/part-0.parquet")
    write_predictions(tmp_path / "parts", tmp_path / "a.csv", "csv", CONTRACT)
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines[0] == "path,mask,shares,confidence"
    assert lines[1].startswith("a,iVBORw0KGgo")
