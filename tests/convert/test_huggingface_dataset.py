"""Folders that `datasets.load_dataset` reads: every row once, in order, with the values and types of the table."""

import json
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from headrace.convert import huggingface_dataset
from headrace.convert.job import convert
from headrace.convert.numbered_files import Limits
from tests.convert.random_tables import convert_random_table
from tests.support.page_commands import run_python_block
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


def load(folder: Path, split: str = "train") -> Any:
    """Return a split as the library reads it, with its cache beside the folder."""
    return datasets.load_dataset(str(folder), split=split, cache_dir=str(folder.parent / "cache"))


def require_label(row: dict[str, Any], task: str, known: Any) -> None:
    match task:
        case "mask":
            np.testing.assert_array_equal(np.asarray(row["label"]), known)
        case "classification":
            assert row["label"] == CLASSES.index(known)
        case "multi_label":
            assert row["label"] == [CLASSES.index(name) for name in known]
        case "retrieval":
            assert (row["label"], row["label_index"]) == (known, CLASSES.index(known))
        case _:
            assert row["label"] == known


@pytest.mark.parametrize("task", TARGETS)
def test_rows_have_the_pixels_and_the_label_of_each_row(task: str, tmp_path: Path) -> None:
    version, pixels, target = table_of_images(tmp_path / "table", task, [5, 3, 4])
    convert(version, tmp_path / "out", "huggingface")
    found = load(tmp_path / "out")
    assert found["path"][:] == [f"{row}.raw" for row in range(12)]
    assert found["weight"][:] == [row / 4 for row in range(12)]
    for row, image, label in zip(found, pixels.known, target.known, strict=True):
        np.testing.assert_array_equal(np.asarray(row["image"]), image)
        require_label(row, task, label)


def test_code_of_the_page_reads_a_picture_and_the_name_of_its_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version, pixels, target = table_of_images(tmp_path / "table", "classification", [4])
    convert(version, tmp_path / "fashion-mnist-parquet", "huggingface")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    names = run_python_block(ROOT / "docs" / "converting.md", "load_dataset", tmp_path)
    assert names["name"] == target.known[0]
    np.testing.assert_array_equal(np.asarray(names["picture"]), pixels.known[0])


def test_features_are_those_of_the_library(tmp_path: Path) -> None:
    version, values, target = table_of_every_input(tmp_path / "table", [3, 2])
    convert(version, tmp_path / "out", "huggingface")
    found = load(tmp_path / "out")
    number = datasets.Value("float32")
    assert found.features == datasets.Features(
        {
            "path": datasets.Value("string"),
            "label": datasets.ClassLabel(names=list(CLASSES)),
            "photo": datasets.Image(),
            "review": datasets.Value("string"),
            "sound": datasets.Sequence(datasets.Value("int16")),
            "window": datasets.Sequence(datasets.Sequence(number)),
            "size": number,
            "colour": datasets.Value("string"),
            "latitude": number,
            "longitude": number,
            "vector": datasets.Sequence(number),
            "weight": number,
        }
    )
    assert found["label"][:] == [CLASSES.index(name) for name in target.known]
    assert found["review"][:] == values["review"].known
    for row, one in enumerate(found):
        np.testing.assert_array_equal(np.asarray(one["photo"]), values["photo"].known[row])
        for column, name in (("sound", "sound"), ("window", "window"), ("vector", "embedding")):
            np.testing.assert_array_equal(one[column], values[name].known[row])
        size, colour = values["row"].known[row]
        assert (one["size"], one["colour"]) == (size, category_name(colour))
        place = [one["latitude"], one["longitude"]]
        assert place == ([None, None] if row == 0 else pytest.approx(values["place"].known[row], abs=1e-3))


def test_metadata_of_each_file_has_the_features_without_the_card(tmp_path: Path) -> None:
    version, _, _ = table_of_every_input(tmp_path / "table", [4])
    convert(version, tmp_path / "out", "huggingface")
    (file,) = (tmp_path / "out" / "data").iterdir()
    alone = datasets.load_dataset("parquet", data_files=str(file), split="train", cache_dir=str(tmp_path / "cache"))
    assert alone.features == load(tmp_path / "out").features


def test_splits_have_files_of_limited_size_and_the_card_their_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_dataset, "LIMITS", Limits(rows=10, size=2**20))
    content = Content(splits={"train": some_rows(25), "test": some_rows(7)}, codec="png")
    convert(write_table(tmp_path / "table", content), tmp_path / "out", "huggingface")
    names = [f"train-0000{number}-of-00003.parquet" for number in range(3)]
    assert sorted(file.name for file in (tmp_path / "out" / "data").iterdir()) == [
        "test-00000-of-00001.parquet", *names
    ]  # fmt: skip
    assert [pq.read_metadata(tmp_path / "out" / "data" / name).num_rows for name in names] == [10, 10, 5]
    info = datasets.load_dataset_builder(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache")).info
    assert {name: one.num_examples for name, one in info.splits.items()} == {"train": 25, "test": 7}
    assert load(tmp_path / "out", "test")["path"][:] == [f"test/{row}.png" for row in range(7)]


@pytest.mark.parametrize("codec", ["png", "jpeg"])
def test_images_keep_the_bytes_that_the_table_stores(codec: str, tmp_path: Path) -> None:
    content = Content(splits={"train": some_rows(6)}, codec=codec)
    version = write_table(tmp_path / "table", content)
    convert(version, tmp_path / "out", "huggingface")
    stored = pq.read_table(tmp_path / "table" / version.shards[0].path, columns=["image"])["image"].to_pylist()
    undecoded = load(tmp_path / "out").cast_column("image", datasets.Image(decode=False))
    assert [one["bytes"] for one in undecoded["image"]] == stored
    suffix = {"png": "png", "jpeg": "jpg"}[codec]
    assert undecoded[2]["image"]["path"] == f"train-000000002.{suffix}"


def test_texts_are_the_words_of_their_tokens(tmp_path: Path) -> None:
    convert(text_table(tmp_path / "table"), tmp_path / "out", "huggingface", "test")
    texts, labels = sentences(48)
    found = load(tmp_path / "out", "test")
    assert (found["text"][:], found["label"][:]) == (texts, labels)


def test_card_has_the_rate_of_sounds(tmp_path: Path) -> None:
    version, _, _ = table_of_every_input(tmp_path / "table", [3])
    convert(version, tmp_path / "out", "huggingface")
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    inputs = json.loads(card.partition("```json\n")[2].partition("```")[0])
    assert inputs["sound"] == {"kind": "audio", "statistics": None, "rate": 8000}
    assert inputs["window"]["values"] == ["a", "b"]
    assert "sha256" not in card


def test_card_of_masks_says_what_their_values_are(tmp_path: Path) -> None:
    version, _, _ = table_of_images(tmp_path / "table", "mask", [3])
    convert(version, tmp_path / "out", "huggingface")
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "- 1: Schuh/größer\n- 2: yes\n" in card


@given(st.data())
@hypothesis_settings(max_examples=10)
def test_random_tables_survive(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("random")
    table = convert_random_table(data, folder, "out", "huggingface")
    found = load(folder / "out")
    assert found["path"][:] == [f"{row}.raw" for row in range(table.rows)]
    for row, image, label in zip(found, table.pixels.known, table.target.known, strict=True):
        np.testing.assert_array_equal(np.asarray(row["image"]), image)
        require_label(row, table.task, label)
    undecoded = found.cast_column("image", datasets.Image(decode=False))
    assert [one["path"] for one in undecoded["image"]] == [f"train-{row:09d}.png" for row in range(table.rows)]
