"""The rows of a table as Spark, pandas and Arrow have them: labels are names, and inputs are decoded on request."""

from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars
import pytest
from pyspark.sql import SparkSession

import headrace
from headrace.errors import ConfigurationError, DataError
from tests.support.small_table import CLASSES, Content, some_rows, write_table
from tests.support.trained_bundles import sentences, text_table

pytestmark = pytest.mark.usefixtures("spark")


@pytest.fixture(scope="module", params=["raw", "png", "jpeg"])
def images(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[headrace.Table, Content]:
    """A table of images in one of the ways in which they are stored."""
    content = Content(splits={"train": some_rows(12), "test": some_rows(23)}, codec=request.param)
    folder = tmp_path_factory.mktemp("table")
    write_table(folder / "table", content)
    return headrace.read(folder / "table"), content


def test_table_tells_its_version_and_counts(images: tuple[headrace.Table, Content]) -> None:
    table, _ = images
    assert (table.version, table.contract.classes) == (0, CLASSES)
    assert table.counts["test"] == {"coat": 8, "bag": 8, "boot": 7}
    assert repr(table) == f"Table({str(table.path)!r}, version=0)"
    shown = table._repr_html_()
    assert "<td>boot</td><td>4</td><td>7</td>" in shown
    assert "<td>written</td><td>35</td>" in shown


def test_rows_are_the_same_for_arrow_pandas_and_spark(
    images: tuple[headrace.Table, Content], notebook: SparkSession
) -> None:
    table, content = images
    rows = table.arrow("test")
    assert rows.column_names == ["path", "label", "image"]
    assert rows["label"].to_pylist() == [CLASSES[label] for label in content.splits["test"].labels]
    frame = table.frame(notebook, "test")
    collected = {row["path"]: row for row in frame.collect()}
    for given in (rows.to_pylist(), table.pandas("test").to_dict("records")):
        assert {row["path"]: (row["label"], bytes(row["image"])) for row in given} == {
            path: (row["label"], bytes(row["image"])) for path, row in collected.items()
        }


def test_arrow_rows_are_read_by_polars_and_duckdb(images: tuple[headrace.Table, Content]) -> None:
    table, content = images
    rows = table.arrow("test")
    counted = duckdb.sql("SELECT label, count(*) FROM rows GROUP BY label").fetchall()
    assert dict(counted) == table.counts["test"]
    frame = polars.from_arrow(rows)
    assert isinstance(frame, polars.DataFrame)
    assert frame["label"].to_list() == [CLASSES[label] for label in content.splits["test"].labels]
    assert frame["image"].to_list() == rows["image"].to_pylist()


def test_decoded_images_are_pixels(images: tuple[headrace.Table, Content], notebook: SparkSession) -> None:
    table, content = images
    pixels = content.splits["test"].pixels
    tolerance = 12 if content.codec == "jpeg" else 0
    decoded = np.stack(list(table.pandas("test", decode=True)["image"])).astype(int)
    assert np.abs(decoded - pixels).max() <= tolerance
    assert table.arrow("test", decode=True)["image"].type.shape == [8, 8, 1]
    frame = table.frame(notebook, "test", decode=True)
    found = {row["path"]: row["image"] for row in frame.collect()}
    for number, path in enumerate(table.pandas("test")["path"]):
        image = found[path]
        assert (image["height"], image["width"], image["nChannels"], image["mode"]) == (8, 8, 1, 0)
        assert np.array_equal(np.frombuffer(image["data"], np.uint8).reshape(8, 8, 1), decoded[number])


def test_colours_for_spark_are_in_the_order_of_its_own_images(notebook: SparkSession, tmp_path: Path) -> None:
    content = Content(splits={"train": some_rows(4, shape=(6, 5, 3))})
    write_table(tmp_path / "table", content)
    (first, *_) = headrace.read(tmp_path / "table").frame(notebook, "train", decode=True).orderBy("path").collect()
    pixels = np.frombuffer(first["image"]["data"], np.uint8).reshape(6, 5, 3)[..., ::-1]
    assert np.array_equal(pixels, content.splits["train"].pixels[0])


def test_decoded_texts_are_their_tokens(notebook: SparkSession, tmp_path: Path) -> None:
    text_table(tmp_path / "table")
    table, (texts, _) = headrace.read(tmp_path / "table"), sentences(48)
    assert table.pandas("test", decode=True)["tokens"].tolist()[0].split()[:3] == ["The", "film", "was"]
    frame = table.frame(notebook, "test", decode=True).toPandas().set_index("path")
    assert frame["tokens"].to_dict() == table.pandas("test", decode=True).set_index("path")["tokens"].to_dict()
    assert len(frame) == len(texts)


def test_decoded_rows_are_numbers_and_categories(notebook: SparkSession, tmp_path: Path) -> None:
    rows = [(number / 4, ("a", "b", None)[number % 3], 2.0 * number) for number in range(60)]
    frame = notebook.createDataFrame(rows, "size double, kind string, price double")
    given: dict[str, Any] = {"inputs": {"size": "number", "kind": "category"}, "outputs": {"price": "number"}}
    table = headrace.prepare(frame, tmp_path / "table", **given)
    known = {price: (size, kind) for size, kind, price in rows}
    for found in (table.pandas("train", decode=True), table.frame(notebook, "train", decode=True).toPandas()):
        assert {row.label: (row.size, row.kind) for row in found.itertuples(index=False)} == {
            label: known[label] for label in found["label"]
        }
        assert len(found) == table.counts["train"]["all"]


def test_decoded_columns_with_the_name_of_another_column_are_refused(notebook: SparkSession, tmp_path: Path) -> None:
    frame = notebook.createDataFrame([(number / 4, 2.0 * number) for number in range(60)], "label double, price double")
    given: dict[str, Any] = {"inputs": {"label": "number"}, "outputs": {"price": "number"}}
    table = headrace.prepare(frame, tmp_path / "table", **given)
    assert set(table.pandas("train")["label"]) <= {2.0 * number for number in range(60)}
    for read_rows in (table.pandas, partial(table.frame, notebook)):
        with pytest.raises(ConfigurationError, match="a column named 'label', so that decoded rows would hide one"):
            read_rows("train", decode=True)


def test_unknown_tables_versions_and_splits_are_refused(images: tuple[headrace.Table, Content], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a prepared table"):
        headrace.read(tmp_path)
    with pytest.raises(DataError, match="has no version 7"):
        headrace.read(images[0].path, 7)
    with pytest.raises(DataError, match="has no split 'val'"):
        images[0].arrow("val")


def test_table_without_rejects_has_an_empty_frame_of_them(
    images: tuple[headrace.Table, Content], notebook: SparkSession
) -> None:
    rejects = images[0].rejects(notebook)
    assert rejects.columns == ["path", "reason", "detail"]
    assert rejects.count() == 0
