"""Rows are sliced by columns of the table; an unknown column is refused with a list of the known ones."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from headrace.contract import Column, Contract
from headrace.errors import ConfigurationError
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.evaluate.slice_metrics import Slicer
from headrace.features.contract_spec import Statistics
from headrace.features.image.contract_spec import ImageSpec
from headrace.features.tabular.vocabulary_encoding import save_vocabulary
from headrace.features.text.contract_spec import TextSpec, Tokenizer
from headrace.prepare.arrow_schema_and_columns import IDENTITY, WEIGHT
from headrace.stream.read.binary_columns_and_row_selection import BinaryColumn
from headrace.targets.classification.evaluation import Classification
from headrace.targets.classification.label_encoder import COLUMN as LABEL
from headrace.targets.regression.evaluation import Regression
from headrace.targets.regression.label_encoder import COLUMN as NUMBER

CLASSES = ("coat", "bag")
LABELS = np.array([0, 0, 0, 1, 1, 1], np.int32)
ANSWERS = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.2, 0.8], [0.1, 0.9], [0.6, 0.4]], np.float32)
PATHS = np.array(["new/a.png", "new/b.png", "old/c.png", "new/d.png", "old/e.png", "f.png"])


def image_contract(codec: str = "png", **more: Column) -> Contract:
    """Return a contract of images."""
    image = Column(role="input", codec=codec, dtype="uint8", shape=(2, 2, 1))
    columns = {"path": IDENTITY, "label": LABEL, "image": image}
    spec = ImageSpec(statistics=Statistics(mean=(0.0,), variance=(1.0,)))
    return Contract(columns=columns | more, classes=CLASSES, input_specs={"image": spec})


def text_contract() -> Contract:
    """Return a contract of texts."""
    columns = {"path": IDENTITY, "label": LABEL, "tokens": Column(role="input", codec="tokens", dtype="uint16")}
    tokenizer = Tokenizer(kind="word", file="t.json", sha256="0" * 64, vocabulary_size=9, max_length=99)
    return Contract(columns=columns, classes=CLASSES, input_specs={"tokens": TextSpec(tokenizer=tokenizer)})


def slice_metrics(
    contract: Contract, asked: Sequence[str] = (), table: Path = Path(), **columns: Any
) -> dict[str, Any]:
    """Return the metrics of the six rows above, added in two batches."""
    slicer, evaluator = Slicer(contract, table, asked), Classification(CLASSES)
    columns = {"path": PATHS, "label": LABELS} | columns
    for rows in (slice(0, 4), slice(4, 6)):
        read = {name: columns[name][rows] for name in slicer.columns}
        batch = EvaluationBatch(
            PATHS[rows], LABELS[rows], np.zeros((len(LABELS[rows]), 2, 2, 1), np.uint8), ANSWERS[rows], read
        )
        evaluator.add(batch)
        slicer.add(batch)
    return slicer.metrics(evaluator)


def names_rows_accuracies(parts: list[dict[str, Any]]) -> list[tuple[str, int, float]]:
    """Return the name, rows and accuracy of each slice."""
    return [(part["name"], part["rows"], round(part["metrics"]["accuracy"], 3)) for part in parts]


def binary_column(lengths: Sequence[int]) -> BinaryColumn:
    """Return a column of values of these lengths in bytes."""
    return BinaryColumn.from_array(pa.array([bytes(length) for length in lengths], pa.binary()))


def test_slicer_always_slices_by_class_with_recall_as_accuracy() -> None:
    found = slice_metrics(image_contract())
    assert list(found) == ["class"]
    assert names_rows_accuracies(found["class"]) == [("coat", 3, 0.667), ("bag", 3, 0.667)]
    assert "macro_f1" not in found["class"][0]["metrics"]


def test_slice_intervals_contain_their_metrics() -> None:
    for part in slice_metrics(image_contract(), ["path"])["path"]:
        assert "accuracy" in part["intervals"]
        for name, (low, high) in part["intervals"].items():
            assert low <= part["metrics"][name] <= high
            assert low < high


def test_slicer_slices_paths_by_folder() -> None:
    assert names_rows_accuracies(slice_metrics(image_contract(), ["path"])["path"]) == [
        ("new", 3, 1.0),
        ("old", 2, 0.5),
        (".", 1, 0.0),
    ]


def test_slicer_always_slices_texts_by_number_of_tokens() -> None:
    found = slice_metrics(text_contract(), tokens=binary_column([2, 2, 4, 6, 6, 6]))
    assert names_rows_accuracies(found["length"]) == [("1", 2, 1.0), ("2", 1, 0.0), ("3", 3, 0.667)]


def test_slicer_slices_images_by_bytes() -> None:
    found = slice_metrics(image_contract("jpeg"), ["size"], image=binary_column([10, 10, 10, 20, 20, 20]))
    assert names_rows_accuracies(found["size"]) == [("10", 3, 0.667), ("20", 3, 0.667)]


def test_slicer_slices_images_by_original_size_where_the_table_has_it() -> None:
    number = Column(role="identity", codec="plain", dtype="int32")
    sizes = np.array([10, 10, 10, 20, 20, 20], np.int32)
    found = slice_metrics(image_contract(height=number, width=number), height=sizes, width=sizes)
    assert names_rows_accuracies(found["size"]) == [("100", 3, 0.667), ("400", 3, 0.667)]


def test_slicer_slices_by_any_numeric_or_text_column() -> None:
    weights, store = np.array([0.5, 1, 2, 3, 4, 5], np.float32), np.array(["x", "y", "x", "x", "y", "x"])
    found = slice_metrics(
        image_contract(weight=WEIGHT, store=IDENTITY), ["weight", "store"], weight=weights, store=store
    )
    assert [part["rows"] for part in found["weight"]] == [2, 1, 1, 1, 1]
    assert names_rows_accuracies(found["store"]) == [("x", 4, 0.5), ("y", 2, 1.0)]


def test_slicer_slices_rows_by_their_numbers_and_categories(tmp_path: Path) -> None:
    """Both are stored in one column; only the table knows the names of the categories."""
    statistics = Statistics(mean=(0.0,), variance=(1.0,))
    spec = save_vocabulary(("area",), statistics, {"district": ["north", "harbour"]}, tmp_path)
    row = Column(role="input", codec="raw", dtype="float32", shape=(2,))
    contract = Contract(
        columns={"path": IDENTITY, "label": LABEL, "row": row}, classes=CLASSES, input_specs={"row": spec}
    )
    values = [(50, 2), (60, 2), (50, 3), (60, 2), (50, 3), (50, 0)]
    stored = BinaryColumn.from_values([np.array(one, "<f4").tobytes() for one in values])
    found = slice_metrics(contract, ["district", "area"], tmp_path, row=stored)
    assert names_rows_accuracies(found["district"]) == [("north", 3, 1.0), ("harbour", 2, 0.5), ("(missing)", 1, 0.0)]
    assert names_rows_accuracies(found["area"]) == [("50", 4, 0.5), ("60", 2, 1.0)]
    with pytest.raises(ConfigurationError, match="expected one of class, path, label, area, district"):
        Slicer(contract, tmp_path, ["rooms"])


def test_slicer_slices_regression_by_target() -> None:
    image = Column(role="input", codec="raw", dtype="uint8", shape=(2, 2, 1))
    contract = Contract(columns={"path": IDENTITY, "label": NUMBER, "image": image}, task="regression")
    slicer, evaluator = Slicer(contract, Path(), ["label"]), Regression()
    true = np.arange(10.0, dtype=np.float32)
    batch = EvaluationBatch(PATHS, true, np.zeros((10, 1)), true[:, None] + 1, {"label": true})
    evaluator.add(batch._replace(paths=np.array([f"{row}" for row in range(10)])))
    slicer.add(batch)
    found = slicer.metrics(evaluator)
    assert list(found) == ["label"]
    assert [part["name"] for part in found["label"]] == ["0 to 1", "2 to 3", "4 to 5", "6 to 7", "8 to 9"]
    assert [part["metrics"]["mean_absolute_error"] for part in found["label"]] == [1.0] * 5


@pytest.mark.parametrize(
    ("contract", "name", "expected"),
    [
        (image_contract(), "shop", "expected one of class, size, path, label"),
        (image_contract("raw"), "size", "expected one of class, path, label"),
        (image_contract(), "length", "expected one of class, size, path, label"),
        (image_contract(sums=IDENTITY.model_copy(update={"dtype": "binary"})), "sums", "which contains bytes"),
        (image_contract(), "image", "cannot be sliced"),
        (image_contract(), "Label", r"label\. Is 'label' meant\?"),
        (text_contract(), "size", "expected one of class, length, path, label"),
    ],
)
def test_slicer_refuses_unknown_column_and_lists_known_ones(contract: Contract, name: str, expected: str) -> None:
    with pytest.raises(ConfigurationError, match=f"--slice names '{name}'.*{expected}"):
        Slicer(contract, Path(), [name])
