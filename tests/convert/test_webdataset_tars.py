"""Tar files that the library WebDataset reads: every row once, in order, with the values of the table."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import webdataset
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from headrace.convert import webdataset_tars
from headrace.convert.job import convert
from headrace.convert.numbered_files import Limits
from headrace.features.audio.contract_spec import AudioSpec
from tests.convert.random_tables import convert_random_table
from tests.support.page_commands import run_python_block
from tests.support.small_table import Content, some_rows, write_table
from tests.support.tables_of_every_kind import (
    CLASSES,
    TARGETS,
    arrays,
    category_name,
    table_of_every_input,
    table_of_images,
    targets,
    write_rows,
)
from tests.support.trained_bundles import sentences, text_table
from tests.support.workspace import ROOT


def read_tars(folder: Path, decoder: str = "rgb8") -> list[dict[str, Any]]:
    """Return the samples of a folder as the library decodes them."""
    files = sorted(str(file) for file in folder.glob("*.tar"))
    return list(webdataset.WebDataset(files, shardshuffle=False).decode(decoder))


def require_label(sample: dict[str, Any], task: str, known: Any) -> None:
    if task == "mask":
        np.testing.assert_array_equal(sample["label.png"][..., 0], known)
        return
    assert sample["json"]["label"] == known
    if task in ("classification", "retrieval"):
        assert (sample["cls"], sample["json"]["label_index"]) == (CLASSES.index(known), CLASSES.index(known))
    elif task == "multi_label":
        assert sample["json"]["label_index"] == [CLASSES.index(name) for name in known]
    else:
        assert "cls" not in sample


@pytest.mark.parametrize("task", TARGETS)
def test_samples_have_the_pixels_and_the_label_of_each_row(task: str, tmp_path: Path) -> None:
    version, pixels, target = table_of_images(tmp_path / "table", task, [5, 3, 4])
    result = convert(version, tmp_path / "tars", "webdataset")
    assert (result["rows"], result["files"]) == ({"train": 12}, 1)
    samples = read_tars(tmp_path / "tars")
    assert [sample["__key__"] for sample in samples] == [f"train-{row:09d}" for row in range(12)]
    for row, sample in enumerate(samples):
        np.testing.assert_array_equal(sample["png"], pixels.known[row])
        assert (sample["json"]["path"], sample["json"]["weight"]) == (f"{row}.raw", row / 4)
        require_label(sample, task, target.known[row])


def test_code_of_the_page_reads_pictures_classes_and_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    version, pixels, target = table_of_images(tmp_path / "table", "classification", [4])
    convert(version, tmp_path / "fashion-mnist-tars", "webdataset")
    found = list(run_python_block(ROOT / "docs" / "converting.md", "import webdataset", tmp_path)["dataset"])
    assert [label for _, label, _ in found] == [CLASSES.index(name) for name in target.known]
    assert [about["label"] for _, _, about in found] == target.known
    np.testing.assert_array_equal(np.asarray(found[0][0]), pixels.known[0])


def test_records_of_several_inputs_have_a_member_for_each(tmp_path: Path) -> None:
    version, values, _ = table_of_every_input(tmp_path / "table", [3, 2])
    convert(version, tmp_path / "tars", "webdataset")
    for row, sample in enumerate(read_tars(tmp_path / "tars")):
        np.testing.assert_array_equal(sample["photo.png"], values["photo"].known[row])
        assert sample["review.txt"] == values["review"].known[row]
        for name, dtype in (("sound", np.int16), ("window", np.float32)):
            np.testing.assert_array_equal(sample[f"{name}.npy"], values[name].known[row])
            assert sample[f"{name}.npy"].dtype == dtype
        size, colour = values["row"].known[row]
        assert (sample["json"]["size"], sample["json"]["colour"]) == (size, category_name(colour))
        assert sample["json"]["vector"] == values["embedding"].known[row].tolist()
        place = [sample["json"]["latitude"], sample["json"]["longitude"]]
        assert place == ([None, None] if row == 0 else pytest.approx(values["place"].known[row], abs=1e-3))


@pytest.mark.parametrize("codec", ["png", "jpeg"])
def test_images_keep_the_bytes_that_the_table_stores(codec: str, tmp_path: Path) -> None:
    content = Content(splits={"train": some_rows(6), "test": some_rows(3)}, codec=codec)
    version = write_table(tmp_path / "table", content)
    convert(version, tmp_path / "tars", "webdataset", "test")
    with tarfile.open(tmp_path / "tars" / "test-000000.tar") as tar:
        suffix = {"png": ".png", "jpeg": ".jpg"}[codec]
        files = [tar.extractfile(one) for one in tar if one.name.endswith(suffix)]
        found = [file.read() for file in files if file is not None]
    assert len(found) == 3
    assert {PIL.Image.open(io.BytesIO(one)).format for one in found} == {codec.upper()}
    assert not list((tmp_path / "tars").glob("train*"))


def test_texts_are_the_words_of_their_tokens(tmp_path: Path) -> None:
    convert(text_table(tmp_path / "table"), tmp_path / "tars", "webdataset", "test")
    texts, _ = sentences(48)
    assert [sample["txt"] for sample in read_tars(tmp_path / "tars")] == texts


def test_large_splits_have_several_tars_and_features_json_lists_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webdataset_tars, "LIMITS", Limits(rows=5, size=2**20))
    version, _, _ = table_of_images(tmp_path / "table", "classification", [8, 4])
    convert(version, tmp_path / "tars", "webdataset")
    about = json.loads((tmp_path / "tars" / "features.json").read_text())
    names = [f"train-{number:06d}.tar" for number in range(3)]
    assert about["splits"] == {"train": {"rows": 12, "files": names}}
    assert (about["classes"], about["members"]["image"]) == (list(CLASSES), "png")
    assert [sample["__key__"] for sample in read_tars(tmp_path / "tars")] == [f"train-{row:09d}" for row in range(12)]


def test_equal_tables_give_equal_bytes(tmp_path: Path) -> None:
    version, _, _ = table_of_images(tmp_path / "table", "multi_label", [4])
    tars = [tmp_path / name / "train-000000.tar" for name in ("first", "second")]
    for tar in tars:
        convert(version, tar.parent, "webdataset")
    assert tars[0].read_bytes() == tars[1].read_bytes()


def test_extensions_are_in_lower_case_as_the_library_reads_them(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    inputs = {name: arrays((2,), "int16", 3, random) for name in ("Left", "right")}
    specs = {name: AudioSpec(rate=8000) for name in inputs}
    version = write_rows(tmp_path / "table", "regression", inputs, specs, targets("regression", 3, random), [3])
    convert(version, tmp_path / "tars", "webdataset")
    for row, sample in enumerate(read_tars(tmp_path / "tars")):
        np.testing.assert_array_equal(sample["left.npy"], inputs["Left"].known[row])
    about = json.loads((tmp_path / "tars" / "features.json").read_text())
    assert about["members"]["Left"] == "left.npy"


@given(st.data())
@hypothesis_settings(max_examples=15)
def test_random_tables_survive(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("random")
    table = convert_random_table(data, folder, "tars", "webdataset")
    samples = read_tars(folder / "tars")
    assert [sample["json"]["path"] for sample in samples] == [f"{row}.raw" for row in range(table.rows)]
    for sample, image, label in zip(samples, table.pixels.known, table.target.known, strict=True):
        np.testing.assert_array_equal(sample["png"], image)
        require_label(sample, table.task, label)
