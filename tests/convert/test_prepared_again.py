"""What was converted is prepared again with the same rows, by a real Spark session, where a source reads it."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from headrace.api.table import Table
from headrace.config import Configuration
from headrace.convert.job import convert
from headrace.errors import ConfigurationError, DataError
from headrace.features.contract_spec import Statistics
from headrace.features.tabular.vocabulary_encoding import FIRST_KNOWN, MISSING, save_vocabulary
from headrace.prepare.job import prepare
from headrace.prepare.preview.raw_preview import preview
from headrace.table import Version, read
from tests.support.small_table import CLASSES, Content, some_rows, write_table
from tests.support.tables_of_every_kind import MEANINGS, ONE, SHAPE, Values, table_of_images, targets, write_rows
from tests.support.workspace import ROOT

pytestmark = pytest.mark.usefixtures("spark")


@pytest.fixture(scope="module", params=["raw", "png"])
def version(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Version:
    """Grey images with a class each, in two splits."""
    content = Content(splits={"train": some_rows(24), "test": some_rows(9)}, codec=request.param)
    return write_table(tmp_path_factory.mktemp("again") / "table", content)


def prepare_again(table: Path, source: dict[str, Any], **settings: Any) -> Version:
    unused = {"model": {"file": "unused.py"}, "train": {"run": "unused"}}
    data = {"source": source, "table": str(table)}
    prepare(Configuration.model_validate({"data": data, "prepare": settings} | unused))
    return read(table)


def contents(version: Version, *columns: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return the values of columns by split, in an order that does not depend on the source's."""
    found = dict[str, list[tuple[Any, ...]]]()
    for split in sorted({shard.split for shard in version.shards}):
        rows = Table(version).pandas(split, decode=True)
        found[split] = sorted(
            (tuple(_plain(column, row[column]) for column in columns) for row in rows.to_dict("records")),
            key=repr,
        )
    return found


def _plain(column: str, value: Any) -> Any:
    """Return a value that can be compared; the table source puts the name of the file before that of a record."""
    if column == "path":
        return re.sub(r"^[a-z]+-\d{5}-of-\d{5}\.(parquet|tfrecord)/", "", value)
    if column != "label" and isinstance(value, np.ndarray):
        return value.tobytes()
    return value.tolist() if isinstance(value, np.ndarray) else value


def all_contents(version: Version, *columns: str) -> list[tuple[Any, ...]]:
    """Return the values of columns of all splits: rows of one split only are divided again."""
    return sorted((row for rows in contents(version, *columns).values() for row in rows), key=repr)


def test_hugging_face_folder_gives_equal_rows_with_the_configuration_of_the_page(
    version: Version, tmp_path: Path
) -> None:
    convert(version, tmp_path / "fashion-mnist-parquet", "huggingface")
    page = (ROOT / "docs" / "converting.md").read_text("utf-8")
    tree = yaml.safe_load(page.partition("```yaml\n")[2].partition("```")[0])
    tree["data"]["source"]["path"] = str(tmp_path / tree["data"]["source"]["path"])
    codec = version.contract.columns["image"].codec
    settings = {"image": tree["prepare"]["image"] | {"size": [8, 8], "codec": codec}}
    again = prepare_again(tmp_path / "table", tree["data"]["source"], **settings)
    assert contents(again, "path", "label", "image") == contents(version, "path", "label", "image")
    assert set(again.contract.classes) == set(CLASSES)


def test_tfrecord_files_give_equal_rows_and_splits(version: Version, tmp_path: Path) -> None:
    convert(version, tmp_path / "records", "tfrecord")
    columns = {"input": "image", "content": "bytes", "label": "label", "identity": "path"}
    source = {"kind": "table", "format": "tfrecord", "path": str(tmp_path / "records"), "columns": columns}
    image = {"mode": "L", "size": [8, 8], "codec": version.contract.columns["image"].codec}
    again = prepare_again(tmp_path / "table", source, image=image)
    assert contents(again, "path", "label", "image") == contents(version, "path", "label", "image")
    assert set(again.contract.classes) == set(CLASSES)
    assert again.summary.rejected == 0


def test_webdataset_tars_give_equal_pixels_classes_and_splits(version: Version, tmp_path: Path) -> None:
    convert(version, tmp_path / "tars", "webdataset")
    source = {"kind": "archive", "path": str(tmp_path / "tars"), "class_names": dict(enumerate(CLASSES))}
    image = {"mode": "L", "size": [8, 8], "codec": version.contract.columns["image"].codec}
    again = prepare_again(tmp_path / "table", source, image=image)
    assert contents(again, "label", "image") == contents(version, "label", "image")
    assert again.summary.rejected == 0


@pytest.mark.parametrize(
    ("format", "task"),
    [
        ("webdataset", "regression"),
        *(("huggingface", task) for task in ("multi_label", "retrieval", "regression", "vector")),
        *(("tfrecord", task) for task in ("multi_label", "retrieval", "regression", "vector")),
    ],
)
def test_labels_of_every_kind_are_read_again(format: str, task: str, tmp_path: Path) -> None:
    version, _, _ = table_of_images(tmp_path / "first", task, [9, 9])
    convert(version, tmp_path / "out", format)
    columns = {"input": "image", "content": "bytes", "label": "label", "identity": "path"}
    parquet = {"kind": "table", "format": "parquet", "path": str(tmp_path / "out" / "data"), "columns": columns}
    sources = {
        "huggingface": parquet,
        "tfrecord": parquet | {"format": "tfrecord", "path": str(tmp_path / "out")},
        "webdataset": {"kind": "archive", "path": str(tmp_path / "out")},
    }
    source = sources[format]
    image = {"mode": "RGB", "size": list(SHAPE[:2]), "codec": "raw"}
    again = prepare_again(tmp_path / "table", source, task=task, image=image)

    def known(one: Version) -> list[tuple[Any, ...]]:
        # The order of a row's labels is that of the classes, which the new table sorts by name.
        rows = all_contents(one, "image", "label")
        return [(image, sorted(label) if task == "multi_label" else label) for image, label in rows]

    assert known(again) == known(version)


@pytest.mark.parametrize("format", ["huggingface", "tfrecord"])
def test_numbers_and_categories_are_read_again(format: str, tmp_path: Path) -> None:
    random, first = np.random.default_rng(3), tmp_path / "first"
    first.mkdir()
    numbers = random.normal(size=(40, 2)).astype("<f4")
    numbers[:, 1] = random.integers(FIRST_KNOWN, FIRST_KNOWN + len(MEANINGS), 40)
    numbers[::5, 1] = MISSING
    target = targets("classification", 40, random)
    column = table_of_images(tmp_path / "unused", "regression", [1])[1].column.model_copy(
        update={"dtype": "float32", "shape": (2,)}
    )
    row = Values(column=column, stored=[one.tobytes() for one in numbers], known=[])
    spec = save_vocabulary(("size",), Statistics.model_validate(ONE.model_dump()), {"colour": MEANINGS}, first)
    version = write_rows(first, "classification", {"row": row}, {"row": spec}, target, [40])
    convert(version, tmp_path / "out", format)
    named = {"label": "label", "identity": "path"}
    parquet = {"kind": "table", "format": "parquet", "path": str(tmp_path / "out" / "data"), "columns": named}
    source = parquet | ({} if format == "huggingface" else {"format": "tfrecord", "path": str(tmp_path / "out")})
    tabular = {"numbers": ["size"], "categories": ["colour"]}
    again = prepare_again(tmp_path / "table", source, input="tabular", tabular=tabular)
    columns = ("path", "label", "size", "colour")
    assert all_contents(again, *columns) == all_contents(version, *columns)


def test_damaged_tfrecord_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "train-00000-of-00001.tfrecord"
    file.write_bytes(b"\x12\0\0\0\0\0\0\0abcdefgh")
    with pytest.raises(
        DataError, match=r"\.tfrecord is not a TFRecord file: the length of its first record is damaged"
    ):
        preview(str(file))


def test_feature_of_numbers_is_refused_as_the_content_of_files(version: Version, tmp_path: Path) -> None:
    convert(version, tmp_path / "records", "tfrecord")
    columns = {"input": "label_index", "content": "bytes", "label": "label"}
    source = {"kind": "table", "format": "tfrecord", "path": str(tmp_path / "records"), "columns": columns}
    with pytest.raises(ConfigurationError, match="The feature 'label_index' of .* holds numbers; expected bytes"):
        prepare_again(tmp_path / "table", source)
