"""DataFrames become the tables that the command line makes of the same rows; bad ones are refused in a sentence."""

import datetime
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import PIL.Image
import pyarrow.parquet as pq
import pytest
import yaml
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import Row

import headrace
from headrace.api.table import Table
from headrace.errors import ConfigurationError, DataError
from tests.api.conftest import CLASSES, SETTINGS
from tests.support.commands import headrace_within
from tests.support.raw_images import write_source

pytestmark = pytest.mark.usefixtures("spark")

IMAGE: dict[str, Any] = {"inputs": {"content": "image"}, "outputs": {"animal": "class"}}
TEXTS: dict[str, Any] = {"inputs": {"review": "text"}, "outputs": {"mood": "class"}}


def shard_hashes(table: Table) -> list[str]:
    """Of the contents of all shards, which their names hold."""
    return sorted(path.stem.rpartition("-")[2] for path in Path(table.path).rglob("*.parquet") if "split" in str(path))


def stored(table: Table, column: str) -> Counter[tuple[str, Any]]:
    """The hash of each record with the value of a column."""
    files = [pq.read_table(Path(table.path) / shard.path) for shard in table._version.shards]
    rows = [row for file in files for row in file.select(["content_hash", column]).to_pylist()]
    return Counter((row["content_hash"], row[column]) for row in rows)


def test_photos_of_a_dataframe_are_prepared_as_those_of_the_folder(
    frame: DataFrame, photos: Path, tmp_path: Path
) -> None:
    table = headrace.prepare(frame, tmp_path / "table", **IMAGE, settings=SETTINGS)
    assert (table.version, table.summary.rows_in, table.summary.rejected) == (0, 41, 1)
    assert table.contract.classes == CLASSES
    assert sum(sum(names.values()) for names in table.counts.values()) == 40
    source = {"kind": "folder", "path": str(photos)}
    configuration = {
        "data": {"source": source, "table": str(tmp_path / "other")},
        "prepare": {key.removeprefix("prepare."): value for key, value in SETTINGS.items()},
        "model": {"file": "cnn"},
        "train": {"run": "run"},
    }
    (tmp_path / "conf.yaml").write_text(yaml.safe_dump(configuration))
    folder = headrace.prepare(tmp_path / "conf.yaml", None)
    assert stored(table, "label") == stored(folder, "label")
    assert stored(table, "image") == stored(folder, "image")
    assert table.counts == folder.counts


def test_rejects_have_the_path_of_the_file(
    frame: DataFrame, notebook: SparkSession, photos: Path, tmp_path: Path
) -> None:
    table = headrace.prepare(frame, tmp_path / "table", **IMAGE, settings=SETTINGS)
    (row,) = table.rejects(notebook).join(frame, "path").select("path", "reason", "animal").collect()
    assert tuple(row) == (f"file:{photos}/cat/broken.png", "not_an_image", "cat")


def test_equal_rows_give_no_new_version(notebook: SparkSession, frame: DataFrame, tmp_path: Path) -> None:
    first = headrace.prepare(frame, tmp_path / "table", **IMAGE, settings=SETTINGS)
    shuffled = frame.repartition(3).orderBy(F.rand(seed=3)).withColumn("note", F.rand())
    assert headrace.prepare(shuffled, tmp_path / "table", **IMAGE, settings=SETTINGS).version == first.version == 0
    fewer = headrace.prepare(frame.limit(30), tmp_path / "table", **IMAGE, settings=SETTINGS)
    assert (fewer.version, fewer.summary.rows_in) == (1, 30)
    renamed = frame.withColumn("animal", F.concat("animal", F.lit("s")))
    assert headrace.prepare(renamed, tmp_path / "table", **IMAGE, settings=SETTINGS).version == 2


def test_rows_are_kept_only_while_they_are_prepared(frame: DataFrame, notebook: SparkSession, tmp_path: Path) -> None:
    context: Any = notebook.sparkContext
    # Tests of other files, which share the session, may keep rows of their own.
    before = context._jsc.getPersistentRDDs().size()
    headrace.prepare(frame, tmp_path / "table", **IMAGE, settings=SETTINGS)
    assert context._jsc.getPersistentRDDs().size() == before
    assert frame.storageLevel == StorageLevel.NONE
    with pytest.raises(DataError):
        headrace.prepare(frame.limit(3), tmp_path / "few", **IMAGE, settings={"prepare.max_rejects": 0})
    assert context._jsc.getPersistentRDDs().size() == before


def test_same_rows_of_a_database_give_equal_shards_by_the_command_line(
    notebook: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    raw = write_source(tmp_path / "raw")
    rows = [(file.read_bytes(), file.parent.name, file.stem) for file in sorted(raw.glob("*/*.png"))]
    driver = {"driver": "org.apache.derby.iapi.jdbc.AutoloadedDriver", "dbtable": "images"}
    url = f"jdbc:derby:{tmp_path / 'database'}"
    frame = notebook.createDataFrame(rows, "image binary, animal string, name string")
    frame.write.format("jdbc").options(url=f"{url};create=true", **driver).save()
    columns = {"input": "image", "label": "animal", "content": "bytes"}
    settings = {key.removeprefix("prepare."): value for key, value in SETTINGS.items()}
    configuration = {
        "data": {"source": {"kind": "table", "format": "jdbc", "path": url, "columns": columns, "options": driver}},
        "prepare": settings, "model": {"file": "cnn"}, "train": {"run": "run"},
    }  # fmt: skip
    configuration["data"]["table"] = "by-command"
    (tmp_path / "conf.yaml").write_text(yaml.safe_dump(configuration))
    headrace_within("prepare", "conf.yaml", cwd=tmp_path)
    api = headrace.prepare(frame, "by-api", inputs={"image": "image"}, outputs={"animal": "class"}, settings=SETTINGS)
    assert shard_hashes(api) == shard_hashes(headrace.read("by-command"))
    assert shard_hashes(api)


@pytest.mark.parametrize("form", ["struct", "field", "paths", "relative", "image"])
def test_every_form_of_a_photo_is_the_same_record(
    form: str, notebook: SparkSession, frame: DataFrame, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photos)
    good = frame.where("path not like '%broken%'")
    expected = headrace.prepare(good, tmp_path / "expected", **IMAGE, settings=SETTINGS)
    column = "photo"
    if form in ("struct", "field"):
        given = good.select("animal", F.struct(F.col("content").alias("bytes"), "path").alias("photo"))
        column = "photo.bytes" if form == "field" else "photo"
    elif form in ("paths", "relative"):
        path = F.col("path") if form == "paths" else F.replace("path", F.lit(f"file:{photos}/"), F.lit(""))
        given = good.select("animal", path.alias("photo"))
    else:
        images = notebook.read.format("image").option("recursiveFileLookup", True).load(str(photos / "*" / "??.png"))
        given = images.select(
            F.col("image").alias("photo"), F.element_at(F.split("image.origin", "/"), -2).alias("animal")
        )
    table = headrace.prepare(
        given, tmp_path / "table", inputs={column: "image"}, outputs={"animal": "class"}, settings=SETTINGS
    )
    assert stored(table, "image") == stored(expected, "image")
    assert stored(table, "label") == stored(expected, "label")


def test_changed_file_behind_a_path_is_a_new_version(notebook: SparkSession, tmp_path: Path) -> None:
    raw = write_source(tmp_path / "raw")
    rows = [(str(file), file.parent.name) for file in sorted(raw.glob("*/*.png"))]
    frame = notebook.createDataFrame(rows, "photo string, animal string")
    given: dict[str, Any] = {"inputs": {"photo": "image"}, "outputs": {"animal": "class"}, "settings": SETTINGS}
    assert headrace.prepare(frame, tmp_path / "table", **given).version == 0
    assert headrace.prepare(frame, tmp_path / "table", **given).version == 0
    PIL.Image.fromarray(np.full((8, 8), 7, np.uint8)).save(rows[0][0])
    assert headrace.prepare(frame, tmp_path / "table", **given).version == 1


def test_numbers_and_categories_are_those_of_a_file(notebook: SparkSession, tmp_path: Path) -> None:
    rows = [
        Row(
            carat=index / 8, cut=None if index % 7 == 1 else ("fair", "good")[index % 2], depth=index % 5,
            since=datetime.date(2024, 1, 1 + index % 3), price=10.0 * index,
        )
        for index in range(60)
    ]  # fmt: skip
    frame = notebook.createDataFrame(rows)
    inputs = {"carat": "number", "cut": "category", "depth": "number", "since": "category"}
    table = headrace.prepare(frame, tmp_path / "table", inputs=inputs, outputs={"price": "number"})
    frame.toPandas().to_parquet(tmp_path / "rows.parquet")
    configuration = {
        "data": {
            "source": {"kind": "table", "path": str(tmp_path / "rows.parquet"), "columns": {"label": "price"}},
            "table": str(tmp_path / "other"),
        },
        "prepare": {
            "input": "tabular", "task": "regression",
            "tabular": {"numbers": ["carat", "depth"], "categories": ["cut", "since"]},
        },
        "model": {"file": "tabular"}, "train": {"run": "run"},
    }  # fmt: skip
    other = headrace.prepare(headrace_configuration(configuration), None)
    assert stored(table, "row") == stored(other, "row")
    assert table.contract.spec == other.contract.spec


def test_missing_number_is_rejected_with_how_to_fill_it_and_filled_by_a_setting(
    notebook: SparkSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = pd.DataFrame({"size": [float("nan"), *range(40)], "kind": ["a", "b"] * 20 + ["a"]})
    given: dict[str, Any] = {"inputs": {"size": "number"}, "outputs": {"kind": "class"}}
    rejecting = headrace.prepare(notebook.createDataFrame(rows), tmp_path / "rejecting", **given)
    assert rejecting.summary.rejected == 1
    assert "prepare.tabular.missing=mean fills it" in caplog.text
    filling = {"prepare.tabular.missing": "mean"}
    filled = headrace.prepare(notebook.createDataFrame(rows), tmp_path / "filled", **given, settings=filling)
    assert filled.summary.rejected == 0
    assert sum(sum(names.values()) for names in filled.counts.values()) == 41


def test_vectors_and_places_are_inputs_of_their_own(notebook: SparkSession, tmp_path: Path) -> None:
    rows = [
        ([number / 7, 2.0], 50.0 + number / 100, 8.0, f"word {number % 9}", "ab"[number % 2]) for number in range(60)
    ]
    frame = notebook.createDataFrame(rows, "embedding array<float>, lat double, lon double, note string, kind string")
    vectors = headrace.prepare(frame, tmp_path / "v", inputs={"embedding": "vector"}, outputs={"kind": "class"})
    assert vectors.contract.require("vector").column == "embedding"
    assert vectors.contract.input_shape == (2,)
    found = vectors.pandas("train", decode=True)["embedding"].tolist()
    assert {tuple(one) for one in found} <= {(np.float32(number / 7), np.float32(2.0)) for number in range(60)}
    where = {"lat": "latitude", "lon": "longitude"}
    places = headrace.prepare(frame, tmp_path / "p", inputs=where, outputs={"kind": "class"})
    assert sum(places.counts["train"].values()) > 20
    assert places.pandas("train", decode=True)["lon"].tolist() == pytest.approx(
        [8.0] * sum(places.counts["train"].values())
    )
    both = {"embedding": "vector", **where, "note": "text"}
    records = headrace.prepare(frame, tmp_path / "r", inputs=both, outputs={"kind": "class"})
    assert list(records.contract.inputs) == ["embedding", "place", "note"]


def headrace_configuration(tree: dict[str, Any]) -> Any:
    from headrace.config import Configuration

    return Configuration.model_validate(tree)


def test_list_of_names_are_labels(notebook: SparkSession, tmp_path: Path) -> None:
    rows = [(f"text {number} with words", [["a"], ["b", "a"], []][number % 3]) for number in range(30)]
    frame = notebook.createDataFrame(rows, "review string, tags array<string>")
    settings = {"prepare.text.tokens.min_count": 1}
    table = headrace.prepare(
        frame, tmp_path / "table", inputs={"review": "text"}, outputs={"tags": "labels"}, settings=settings
    )
    assert table.contract.classes == ("a", "b")
    names = Counter(tuple(labels) for split in table.counts for labels in table.pandas(split)["label"])
    assert names == {("a",): 10, ("a", "b"): 10, (): 10}


def refusal(kind: type[Exception], frame: Any, table: Path, **given: Any) -> str:
    with pytest.raises(kind) as error:
        headrace.prepare(frame, table, **given)
    message = str(error.value)
    assert "\n" not in message
    assert not table.exists()
    return message


def test_wrong_columns_are_refused_in_one_sentence(notebook: SparkSession, frame: DataFrame, tmp_path: Path) -> None:
    table = tmp_path / "table"
    outputs = {"animal": "class"}

    def refused(given: Any = frame, **arguments: Any) -> str:
        return refusal(ConfigurationError, given, table, **(IMAGE | arguments))

    assert "The DataFrame has no column 'contents'; its columns are: path, " in refused(inputs={"contents": "image"})
    assert "Is 'content' meant?" in refused(inputs={"contents": "image"})
    assert "has no column 'breed'" in refused(outputs={"breed": "class"})
    assert "needs `inputs`" in refused(inputs=None)
    assert "one column of `outputs`" in refused(outputs=None)
    assert "'content': 'picture'; expected one of: image, text, audio" in refused(inputs={"content": "picture"})
    assert "holds bigint; expected an array of numbers" in refused(inputs={"length": "vector"})
    one = {"length": "latitude"}
    assert "needs one column of the kind 'longitude' beside the other coordinate; received none" in refused(inputs=one)
    assert "holds bigint, which is no image" in refused(inputs={"length": "image"})
    assert "input and an output" in refused(inputs={"animal": "category"}, outputs=outputs)
    assert "holds binary; expected numbers or text" in refused(outputs={"content": "class"}, inputs={"path": "image"})
    mixed = frame.withColumn("animal", F.struct("animal", "length"))
    assert "holds struct<animal:string,length:bigint>; expected numbers or text" in refused(mixed)
    listed = frame.withColumn("animal", F.array("animal"))
    assert "holds array<string>; expected numbers or text" in refused(listed)
    twice = frame.select("*", F.lit("x").alias("animal"))
    assert "has 2 columns 'animal'; rename one of them" in refused(twice)
    cased = frame.select("*", F.lit("x").alias("Animal"))
    assert "columns 'animal' and 'Animal', which Spark does not tell apart; rename one" in refused(cased)
    assert "unknown key `prepare.image.sise`" in refused(settings={"prepare.image.sise": 3})
    assert "Received pandas.DataFrame to prepare; expected a DataFrame of Spark" in refused(pd.DataFrame({"a": [1]}))
    assert "name columns of a DataFrame" in refused("conf.yaml")
    assert "second argument" in str(pytest.raises(ConfigurationError, headrace.prepare, frame, None, **IMAGE).value)


@pytest.mark.parametrize(
    ("column", "remedy"),
    [("current_date()", "F.datediff"), ("current_timestamp()", "F.datediff"), ("true", r"cast\('int'\)")],
)
def test_dates_and_truth_values_are_no_numbers(
    column: str, remedy: str, notebook: SparkSession, tmp_path: Path
) -> None:
    rows = notebook.range(12).withColumn("when", F.expr(column)).withColumn("kind", F.expr("id % 2"))
    for inputs, outputs in (({"when": "number"}, {"kind": "class"}), ({"kind": "number"}, {"when": "number"})):
        with pytest.raises(ConfigurationError, match=rf"column 'when' .* no value is a number; for example .*{remedy}"):
            headrace.prepare(rows, tmp_path / "table", inputs=inputs, outputs=outputs)
    assert (
        headrace.prepare(rows, tmp_path / "table", inputs={"when": "category"}, outputs={"kind": "class"}).version == 0
    )


def test_dataframe_without_rows_is_refused(notebook: SparkSession, frame: DataFrame, tmp_path: Path) -> None:
    assert "The DataFrame has no rows" in refusal(DataError, frame.where("false"), tmp_path / "table", **IMAGE)
    one = frame.where("animal = 'cat'")
    assert "holds 1 class ('cat')" in refusal(DataError, one, tmp_path / "table", **IMAGE, settings=SETTINGS)


def test_configuration_of_a_dataframe_needs_the_dataframe(frame: DataFrame, tmp_path: Path) -> None:
    source = {"kind": "table", "format": "dataframe", "path": "DataFrame", "columns": {"input": "a"}}
    tree = {"data": {"source": source, "table": str(tmp_path)}, "model": {"file": "cnn"}, "train": {"run": "run"}}
    with pytest.raises(ConfigurationError, match="rows of a DataFrame, which is not known here"):
        headrace.prepare(headrace_configuration(tree), None)
    (tmp_path / "conf.yaml").write_text(yaml.safe_dump(tree))
    with pytest.raises(ConfigurationError, match="which a file cannot name"):
        headrace.prepare(tmp_path / "conf.yaml", None)


def test_value_that_moves_to_another_column_is_another_row(notebook: SparkSession, tmp_path: Path) -> None:
    columns = {"data.source.columns.split": "part", "data.source.columns.identity": "id"}
    given = TEXTS | {"settings": columns | {"prepare.text.tokens.min_count": 1}}
    rows = [(f"text {number} with words", "ab"[number % 2], "train", number) for number in range(20)]
    frame = notebook.createDataFrame(
        [*rows, ("more text here", None, "train", 20)], "review string, mood string, part string, id int"
    )
    is_last = F.col("id") == 20
    moved = frame.withColumns(
        {"mood": F.when(is_last, F.col("part")).otherwise(F.col("mood")), "part": F.when(~is_last, F.col("part"))}
    )
    assert headrace.prepare(frame, tmp_path / "table", **given).version == 0
    assert headrace.prepare(moved, tmp_path / "table", **given).version == 1


def test_notebook_shows_an_error_as_its_message() -> None:
    assert DataError("No rows.")._render_traceback_() == ["DataError: No rows."]
