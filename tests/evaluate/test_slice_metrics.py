"""Rows are cut by what a table holds; what it does not hold is refused with what it does."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from headrace.contract import Column, Contract, Tokenizer
from headrace.errors import ConfigurationError
from headrace.evaluate.classification import Classification
from headrace.evaluate.evaluation_batch import EvaluationBatch
from headrace.evaluate.regression import Regression
from headrace.evaluate.slice_metrics import Slicer
from headrace.prepare.table_schema import IDENTITY, LABEL, NUMBER, WEIGHT
from headrace.stream.read.column_buffers import BinaryColumn

CLASSES = ("coat", "bag")
LABELS = np.array([0, 0, 0, 1, 1, 1], np.int32)
ANSWERS = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.2, 0.8], [0.1, 0.9], [0.6, 0.4]], np.float32)
PATHS = np.array(["new/a.png", "new/b.png", "old/c.png", "new/d.png", "old/e.png", "f.png"])


def images(codec: str = "png", **more: Column) -> Contract:
    image = Column(role="input", codec=codec, dtype="uint8", shape=(2, 2, 1))
    columns = {"path": IDENTITY, "label": LABEL, "image": image}
    return Contract(columns=columns | more, classes=CLASSES)


def texts() -> Contract:
    columns = {"path": IDENTITY, "label": LABEL, "tokens": Column(role="input", codec="tokens", dtype="uint16")}
    tokenizer = Tokenizer(kind="word", file="t.json", sha256="0" * 64, vocabulary_size=9, max_length=99)
    return Contract(columns=columns, classes=CLASSES, tokenizer=tokenizer)


def sliced(contract: Contract, asked: Sequence[str] = (), **columns: Any) -> dict[str, Any]:
    """Of the six rows above, in two batches."""
    slicer, judge = Slicer(contract, asked), Classification(CLASSES)
    columns = {"path": PATHS, "label": LABELS} | columns
    for rows in (slice(0, 4), slice(4, 6)):
        read = {name: columns[name][rows] for name in slicer.columns}
        batch = EvaluationBatch(
            PATHS[rows], LABELS[rows], np.zeros((len(LABELS[rows]), 2, 2, 1), np.uint8), ANSWERS[rows], read
        )
        judge.add(batch)
        slicer.add(batch)
    return slicer.metrics(judge)


def shown(parts: list[dict[str, Any]]) -> list[tuple[str, int, float]]:
    return [(part["name"], part["rows"], round(part["metrics"]["accuracy"], 3)) for part in parts]


def stored(lengths: Sequence[int]) -> BinaryColumn:
    return BinaryColumn.whole(pa.array([bytes(length) for length in lengths], pa.binary()))


def test_classes_are_always_told_apart_and_their_accuracy_is_the_recall() -> None:
    found = sliced(images())
    assert list(found) == ["class"]
    assert shown(found["class"]) == [("coat", 3, 0.667), ("bag", 3, 0.667)]
    assert "macro_f1" not in found["class"][0]["metrics"]


def test_each_slice_has_intervals_that_hold_its_figures() -> None:
    for part in sliced(images(), ["path"])["path"]:
        assert set(part["metrics"]) == set(part["intervals"])
        for name, value in part["metrics"].items():
            low, high = part["intervals"][name]
            assert low <= value <= high


def test_paths_are_cut_by_their_folder() -> None:
    assert shown(sliced(images(), ["path"])["path"]) == [("new", 3, 1.0), ("old", 2, 0.5), (".", 1, 0.0)]


def test_texts_are_always_cut_by_their_length_in_tokens() -> None:
    found = sliced(texts(), tokens=stored([2, 2, 4, 6, 6, 6]))
    assert shown(found["length"]) == [("1", 2, 1.0), ("2", 1, 0.0), ("3", 3, 0.667)]


def test_images_are_cut_by_the_bytes_they_take() -> None:
    found = sliced(images("jpeg"), ["size"], image=stored([10, 10, 10, 20, 20, 20]))
    assert shown(found["size"]) == [("10", 3, 0.667), ("20", 3, 0.667)]


def test_images_are_always_cut_by_their_first_size_where_the_table_has_it() -> None:
    number = Column(role="identity", codec="plain", dtype="int32")
    sizes = np.array([10, 10, 10, 20, 20, 20], np.int32)
    found = sliced(images(height=number, width=number), height=sizes, width=sizes)
    assert shown(found["size"]) == [("100", 3, 0.667), ("400", 3, 0.667)]


def test_any_column_of_numbers_or_texts_cuts_rows() -> None:
    weights, store = np.array([0.5, 1, 2, 3, 4, 5], np.float32), np.array(["x", "y", "x", "x", "y", "x"])
    found = sliced(images(weight=WEIGHT, store=IDENTITY), ["weight", "store"], weight=weights, store=store)
    assert [part["rows"] for part in found["weight"]] == [2, 1, 1, 1, 1]
    assert shown(found["store"]) == [("x", 4, 0.5), ("y", 2, 1.0)]


def test_regression_is_cut_by_the_number_to_predict() -> None:
    image = Column(role="input", codec="raw", dtype="uint8", shape=(2, 2, 1))
    contract = Contract(columns={"path": IDENTITY, "label": NUMBER, "image": image}, task="regression")
    slicer, judge = Slicer(contract, ["label"]), Regression()
    true = np.arange(10.0, dtype=np.float32)
    batch = EvaluationBatch(PATHS, true, np.zeros((10, 1)), true[:, None] + 1, {"label": true})
    judge.add(batch._replace(paths=np.array([f"{row}" for row in range(10)])))
    slicer.add(batch)
    found = slicer.metrics(judge)
    assert list(found) == ["label"]
    assert [part["name"] for part in found["label"]] == ["0 to 1", "2 to 3", "4 to 5", "6 to 7", "8 to 9"]
    assert [part["metrics"]["mean_absolute_error"] for part in found["label"]] == [1.0] * 5


@pytest.mark.parametrize(
    ("contract", "name", "expected"),
    [
        (images(), "shop", "expected one of class, size, path, label"),
        (images("raw"), "size", "expected one of class, path, label"),
        (images(), "length", "expected one of class, size, path, label"),
        (images(sums=IDENTITY.model_copy(update={"dtype": "binary"})), "sums", "which contains bytes"),
        (images(), "image", "cannot be sliced"),
        (texts(), "size", "expected one of class, length, path, label"),
    ],
)
def test_what_a_table_does_not_hold_is_refused_with_what_it_does(contract: Contract, name: str, expected: str) -> None:
    with pytest.raises(ConfigurationError, match=f"--slice names '{name}'.*{expected}"):
        Slicer(contract, [name])
