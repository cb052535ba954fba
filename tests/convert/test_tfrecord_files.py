"""TFRecord files that TensorFlow parses with `features.json`: every row once, in order, with the table's values."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from headrace.convert import tfrecord_files
from headrace.convert.conversion import FormatInterface
from headrace.convert.job import convert
from headrace.convert.numbered_files import Limits
from tests.convert.random_tables import convert_random_table
from tests.support.page_commands import PYTHON_BLOCK
from tests.support.protocols import require_protocol
from tests.support.small_table import Content, some_rows, write_table
from tests.support.tables_of_every_kind import (
    CLASSES,
    TARGETS,
    category_name,
    table_of_every_input,
    table_of_images,
)
from tests.support.trained_bundles import sentences, text_table
from tests.support.workspace import ROOT

pytestmark = pytest.mark.tensorflow

PAGE = ROOT / "docs" / "converting.md"


def parse(folder: Path, split: str = "train") -> list[dict[str, Any]]:
    """Return the rows of a folder: NumPy's values by feature, as the code of the page reads them."""
    (block,) = [one for one in PYTHON_BLOCK.findall(PAGE.read_text("utf-8")) if "parse_example" in one]
    names: dict[str, Any] = {}
    exec(block.replace('"fashion-mnist-records"', repr(str(folder))).replace('"train"', repr(split)), names)
    rows = list[dict[str, Any]]()
    for batch in names["dataset"]:
        columns = {name: list(values) for name, values in batch.items()}
        rows += [
            {name: value.numpy() for name, value in zip(columns, row, strict=True)}
            for row in zip(*columns.values(), strict=True)
        ]
    return rows


def require_label(row: dict[str, Any], task: str, known: Any) -> None:
    match task:
        case "mask":
            np.testing.assert_array_equal(tf.io.decode_png(row["label"], channels=1)[..., 0], known)
        case "classification" | "retrieval":
            assert (row["label"].decode(), row["label_index"]) == (known, CLASSES.index(known))
        case "multi_label":
            assert [name.decode() for name in row["label"]] == known
            assert row["label_index"].tolist() == [CLASSES.index(name) for name in known]
        case _:
            np.testing.assert_array_equal(row["label"], np.float32(known))


def test_module_has_the_functions_of_the_interface() -> None:
    require_protocol(tfrecord_files, FormatInterface)


@pytest.mark.parametrize("task", TARGETS)
def test_examples_have_the_pixels_and_the_label_of_each_row(task: str, tmp_path: Path) -> None:
    version, pixels, target = table_of_images(tmp_path / "table", task, [5, 3, 4])
    convert(version, tmp_path / "out", "tfrecord")
    rows = parse(tmp_path / "out")
    assert [row["path"].decode() for row in rows] == [f"{row}.raw" for row in range(12)]
    for row, image, label in zip(rows, pixels.known, target.known, strict=True):
        np.testing.assert_array_equal(tf.io.decode_image(row["image"]), image)
        require_label(row, task, label)


def test_records_of_several_inputs_have_a_feature_for_each(tmp_path: Path) -> None:
    version, values, _ = table_of_every_input(tmp_path / "table", [3, 2])
    convert(version, tmp_path / "out", "tfrecord")
    for number, row in enumerate(parse(tmp_path / "out")):
        np.testing.assert_array_equal(tf.io.decode_image(row["photo"]), values["photo"].known[number])
        assert row["review"].decode() == values["review"].known[number]
        for feature, name in (("sound", "sound"), ("window", "window"), ("vector", "embedding")):
            np.testing.assert_array_equal(row[feature], values[name].known[number])
        size, colour = values["row"].known[number]
        assert (row["size"], row["colour"].decode()) == (np.float32(size), category_name(colour) or "")
        if number == 0:
            assert math.isnan(row["latitude"])
        else:
            assert [row["latitude"], row["longitude"]] == pytest.approx(values["place"].known[number], abs=1e-3)


@pytest.mark.parametrize(("codec", "magic"), [("png", b"\x89PNG"), ("jpeg", b"\xff\xd8")])
def test_images_keep_the_files_that_the_table_stores(codec: str, magic: bytes, tmp_path: Path) -> None:
    version = write_table(tmp_path / "table", Content(splits={"train": some_rows(6)}, codec=codec))
    convert(version, tmp_path / "out", "tfrecord")
    assert all(row["image"].startswith(magic) for row in parse(tmp_path / "out"))


def test_texts_are_the_words_of_their_tokens(tmp_path: Path) -> None:
    convert(text_table(tmp_path / "table"), tmp_path / "out", "tfrecord", "test")
    texts, _ = sentences(48)
    assert [row["text"].decode() for row in parse(tmp_path / "out", "test")] == texts


def test_large_splits_have_several_files_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tfrecord_files, "LIMITS", Limits(rows=5, size=2**20))
    version, _, _ = table_of_images(tmp_path / "table", "classification", [8, 4])
    convert(version, tmp_path / "out", "tfrecord")
    names = [f"train-0000{number}-of-00003.tfrecord" for number in range(3)]
    about = json.loads((tmp_path / "out" / "features.json").read_text())
    assert about["splits"] == {"train": {"rows": 12, "files": names}}
    assert [row["path"].decode() for row in parse(tmp_path / "out")] == [f"{row}.raw" for row in range(12)]


@given(st.data())
@hypothesis_settings(max_examples=10)
def test_random_tables_survive(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("random")
    table = convert_random_table(data, folder, "out", "tfrecord")
    rows = parse(folder / "out")
    assert [row["path"].decode() for row in rows] == [f"{row}.raw" for row in range(table.rows)]
    for row, image, label in zip(rows, table.pixels.known, table.target.known, strict=True):
        np.testing.assert_array_equal(tf.io.decode_image(row["image"]), image)
        require_label(row, table.task, label)
