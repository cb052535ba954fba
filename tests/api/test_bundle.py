"""A bundle predicts DataFrames, SQL and streams as `headrace predict` does, row by row; a bad row gets a reason."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import PIL.Image
import pytest
from pyspark.errors import PythonException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

import headrace
from headrace import bundle as bundles
from headrace.errors import ConfigurationError
from headrace.networks.network_build_and_checks import build_model
from headrace.predict.job import PredictOptions, predict
from headrace.predict.predict_task import load_inference
from headrace.predict.records.record_file_reader import TextColumns
from headrace.predict.udf import bundle_broadcast
from tests.support.small_bundle import write_bundle
from tests.support.small_table import Content, some_rows, write_table

pytestmark = [pytest.mark.usefixtures("spark"), pytest.mark.tensorflow]

CONTENT = Content(splits={"train": some_rows(12, shape=(12, 10, 3)), "test": some_rows(23, shape=(12, 10, 3))})
MODELS = Path(__file__).parents[2] / "models"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a network for images, which were in files."""
    folder = tmp_path_factory.mktemp("trained")
    return write_bundle(folder / "bundle", write_table(folder / "table", CONTENT))


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images, and files that are rejected for two reasons."""
    folder = tmp_path_factory.mktemp("raw")
    for number, pixels in enumerate(CONTENT.splits["test"].pixels):
        PIL.Image.fromarray(pixels).save(folder / f"{number:03d}.png")
    (folder / "text.png").write_bytes(b"no image")
    (folder / "cut.png").write_bytes((folder / "000.png").read_bytes()[:60])
    return folder


@pytest.fixture(scope="module")
def expected(bundle: Path, raw: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Label and probabilities, or the reason, by name of the file, of `headrace predict`."""
    output = tmp_path_factory.mktemp("predictions") / "output"
    return read_predictions(predict(bundle, raw, output)["output"])


def read_predictions(output: str) -> dict[str, Any]:
    rows, rejects = pd.read_parquet(output), pd.read_parquet(Path(output) / "_rejects")
    found = {row.path: (row.label, row.probabilities) for row in rows.itertuples()}
    return found | {row.path: f"{row.reason}: {row.detail}" for row in rejects.itertuples()}


def by_name(rows: list[Any]) -> dict[str, Any]:
    """Predictions as `read_predictions` returns them."""
    found: dict[str, Any] = {}
    for row in rows:
        is_rejected = row["rejected"] is not None
        assert (row["label"] is None) == (row["probabilities"] is None) == is_rejected
        name = row["path"].rpartition("/")[2]
        found[name] = row["rejected"] if is_rejected else (row["label"], row["probabilities"])
    return found


def require_equal(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Require the same labels and reasons, and the same probabilities up to the order of additions."""
    assert found.keys() == expected.keys()
    for name, one in expected.items():
        if isinstance(one, str):
            assert found[name] == one
        else:
            assert found[name][0] == one[0]
            assert np.allclose(found[name][1], one[1], atol=1e-6)


def files(spark: SparkSession, raw: Path) -> DataFrame:
    return spark.read.format("binaryFile").load(str(raw))


def test_transform_predicts_as_the_command_and_keeps_all_columns(
    notebook: SparkSession, bundle: Path, raw: Path, expected: dict[str, Any]
) -> None:
    frame = files(notebook, raw).withColumn("number", F.length("content"))
    predicted = headrace.load(bundle).transform(frame)
    assert predicted.columns == [*frame.columns, "label", "probabilities", "rejected"]
    rows = predicted.collect()
    require_equal(by_name(rows), expected)
    assert len(rows) == len(expected) == 25
    assert all(row["number"] == row["length"] for row in rows)


def test_sql_predicts_as_the_command(notebook: SparkSession, bundle: Path, raw: Path, expected: dict[str, Any]) -> None:
    notebook.udf.register("classify", headrace.udf(bundle))
    files(notebook, raw).createOrReplaceTempView("files")
    rows = notebook.sql("SELECT path, classify(content) AS found FROM files").select("path", "found.*").collect()
    require_equal(by_name(rows), expected)
    counted = notebook.sql("SELECT classify(content).label, count(*) FROM files GROUP BY 1").collect()
    assert sum(row[1] for row in counted) == 25


def test_stream_of_a_folder_is_predicted_as_by_the_command(
    notebook: SparkSession, bundle: Path, raw: Path, expected: dict[str, Any], tmp_path: Path
) -> None:
    stream = notebook.readStream.format("binaryFile").schema(files(notebook, raw).schema).load(str(raw))
    predicted = headrace.load(bundle).transform(stream).drop("content")
    query = (
        predicted.writeStream.format("parquet")
        .option("checkpointLocation", str(tmp_path / "checkpoint"))
        .trigger(availableNow=True)
        .start(str(tmp_path / "output"))
    )
    assert query.awaitTermination(120)
    require_equal(by_name(notebook.read.parquet(str(tmp_path / "output")).collect()), expected)


@pytest.mark.parametrize("form", ["paths", "relative", "struct"])
def test_files_in_other_columns_are_predicted_alike(
    form: str,
    notebook: SparkSession,
    bundle: Path,
    raw: Path,
    expected: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(raw)
    frame = files(notebook, raw)
    predict_udf = headrace.udf(bundle)
    if form == "struct":
        rows = headrace.load(bundle).transform(
            frame.select("path", F.struct(F.col("content").alias("bytes")).alias("x"))
        )
        require_equal(by_name(rows.collect()), expected)
        return
    path = F.col("path") if form == "paths" else F.element_at(F.split("path", "/"), -1)
    given = frame.select("path", path.alias("file")).union(
        notebook.createDataFrame([("none.png", "none.png")], "a string, b string")
    )
    found = by_name(given.select("path", predict_udf("file").alias("found")).select("path", "found.*").collect())
    assert found.pop("none.png").startswith("missing_file: there is no file 'none.png'")
    require_equal(found, expected)


def test_images_of_spark_are_predicted(
    notebook: SparkSession, bundle: Path, raw: Path, expected: dict[str, Any]
) -> None:
    frame = notebook.read.format("image").load(str(raw / "0*.png")).select("image", F.col("image.origin").alias("path"))
    found = by_name(headrace.load(bundle).transform(frame).collect())
    require_equal(found, {name: expected[name] for name in found})
    assert len(found) == 23
    direct = frame.select("path", headrace.udf(bundle)("image").alias("x")).select("path", "x.*")
    require_equal(by_name(direct.collect()), found)


def test_network_is_loaded_once_a_worker(notebook: SparkSession, bundle: Path, raw: Path) -> None:
    predicted = headrace.load(bundle).transform(files(notebook, raw).repartition(4))
    for _ in range(3):
        predicted.select("label", "probabilities", "rejected").collect()

    def misses(_: Any) -> list[tuple[int, int]]:
        return [(os.getpid(), load_inference.cache_info().currsize)]

    counts = notebook.sparkContext.parallelize(range(8), 8).mapPartitions(misses).collect()
    assert {size for _, size in counts} <= {0, 1}
    assert load_inference.cache_info().maxsize == 1


def test_rows_are_predicted_once_though_a_prediction_has_three_fields(
    notebook: SparkSession, bundle: Path, raw: Path
) -> None:
    seen = notebook.sparkContext.accumulator(0)

    def count(content: Any) -> Any:
        seen.add(1)
        return content

    frame = files(notebook, raw).withColumn("content", F.udf(count, "binary").asNondeterministic()("content"))
    predicted = headrace.load(bundle).transform(frame)
    predicted.where("rejected is null").select("label", "probabilities", "rejected").collect()
    assert seen.value == 25
    plain: Any = headrace.load(bundle).transform(files(notebook, raw))
    chosen = plain.where("rejected is null").select("label", "probabilities")
    assert chosen._jdf.queryExecution().executedPlan().toString().count("ArrowEvalPython") == 1


def test_files_are_predicted_as_by_the_command(bundle: Path, raw: Path, expected: dict[str, Any]) -> None:
    found = headrace.load(bundle).predict(raw)
    assert found.column_names == ["path", "label", "probabilities", "rejected"]
    rows = found.to_pylist()
    require_equal(by_name(rows), expected)
    assert [row["rejected"] is None for row in rows] == [True] * 23 + [False] * 2
    limited = headrace.load(bundle).predict(raw / "000.png", raw / "001.png", limit=1)
    assert limited["path"].to_pylist() == [str(raw / "000.png")]
    assert limited["rejected"].to_pylist() == [None]


def test_files_are_predicted_without_spark_and_java(bundle: Path, raw: Path) -> None:
    program = (
        f"import headrace; found = headrace.load({str(bundle)!r}).predict({str(raw / '000.png')!r}); "
        "from pyspark import SparkContext; print(len(found), SparkContext._active_spark_context)"
    )
    environment = {"PATH": "/nonexistent", "HOME": os.environ["HOME"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1 None"


@pytest.mark.parametrize(
    ("sources", "limit", "message"),
    [
        ((), None, r"no input; expected paths"),
        ((["a.png"],), None, r"is a list; .*: write predict\(\*paths\)"),
        ((pd.DataFrame(),), None, r"is a DataFrame; expected the path .*; .transform takes"),
        (("a.png",), 0, "limit is 0; expected at least 1"),
        (("a.png",), -1, "limit is -1; expected at least 1"),
    ],
)
def test_inputs_that_are_no_paths_are_refused(
    sources: tuple[Any, ...], limit: int | None, message: str, bundle: Path
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        headrace.load(bundle).predict(*sources, limit=limit)


def test_probability_beyond_one_is_refused(bundle: Path, raw: Path) -> None:
    with pytest.raises(ConfigurationError, match="threshold is 1.5; expected a probability"):
        headrace.load(bundle).predict(raw, threshold=1.5)


def test_threshold_and_prefix(notebook: SparkSession, raw: Path, tmp_path: Path) -> None:
    two = Content(splits={"train": some_rows(12, shape=(12, 10, 3))}, classes=("bag", "boot"))
    rows = two.splits["train"]
    two = Content(
        splits={"train": type(rows)(pixels=rows.pixels, labels=[n % 2 for n in range(12)], shards=rows.shards)},
        classes=("bag", "boot"),
    )
    bundle = headrace.load(write_bundle(tmp_path / "bundle", write_table(tmp_path / "table", two)))
    frame = files(notebook, raw).withColumn("label", F.lit("mine"))
    with pytest.raises(ConfigurationError, match="has a column 'label' already.*prefix"):
        bundle.transform(frame)
    low, high = (bundle.transform(frame, threshold=bound, prefix="new_") for bound in (0.0, 1.0))
    assert low.columns[-3:] == ["new_label", "new_probabilities", "new_rejected"]
    assert {row["new_label"] for row in low.collect()} == {"boot", None}
    assert {row["new_label"] for row in high.collect()} == {"bag", None}
    assert {row["label"] for row in low.collect()} == {"mine"}
    with pytest.raises(ConfigurationError, match="threshold is 2; expected a probability"):
        bundle.transform(frame, threshold=2, prefix="new_")


def test_threshold_of_three_classes_is_refused(notebook: SparkSession, bundle: Path, raw: Path) -> None:
    with pytest.raises(ConfigurationError, match="^threshold applies to two classes"):
        headrace.load(bundle).transform(files(notebook, raw), threshold=0.5)


def test_transform_refuses_rows_of_pandas(bundle: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"pandas.DataFrame to transform; .*spark.createDataFrame"):
        headrace.load(bundle).transform(pd.DataFrame({"content": [b""]}))


def test_frame_without_a_column_of_the_inputs_is_refused(notebook: SparkSession, bundle: Path, raw: Path) -> None:
    loaded = headrace.load(bundle)
    with pytest.raises(
        ConfigurationError, match="predicts from images; expected exactly one column .* the columns path"
    ):
        loaded.transform(files(notebook, raw).drop("content"))
    with pytest.raises(ConfigurationError, match="expected exactly one column"):
        loaded.transform(files(notebook, raw).withColumn("other", F.col("content")))


def make_bundle(table: headrace.Table, network: str, target: Path, **options: Any) -> Path:
    """An untrained bundle, written as training writes it."""
    version = table._version
    keras.utils.set_random_seed(4)
    source = MODELS / f"{network}.py"
    model = build_model(source, version.contract, options)
    origin = bundles.Origin(
        run="r", table=str(version.table), data_version=0, steps=1, weights_sha256="0",
        settings=version.summary.settings, text_column=version.summary.source.get("text_column"),
        input_column=version.summary.input_column,
    )  # fmt: skip
    return bundles.write(target, model, source, version.contract, options, origin)


def test_texts_are_predicted_as_those_of_a_file(notebook: SparkSession, tmp_path: Path) -> None:
    words = [f"a {kind} film number {number}" for number in range(20) for kind in ("good", "bad")]
    frame = notebook.createDataFrame([(text, text.split()[1]) for text in words], "review string, mood string")
    settings = {"prepare.text.tokens.min_count": 1}
    table = headrace.prepare(
        frame, tmp_path / "table", inputs={"review": "text"}, outputs={"mood": "class"}, settings=settings
    )
    bundle = make_bundle(table, "text_cnn", tmp_path / "bundle", width=8, embedding=8, sizes=[2, 3])
    frame.toPandas().assign(path=range(40)).to_json(tmp_path / "rows.jsonl", orient="records", lines=True)
    options = PredictOptions(columns=TextColumns(identity="path"))
    predict(bundle, tmp_path / "rows.jsonl", tmp_path / "output", options)
    expected = pd.read_parquet(tmp_path / "output")
    rows = headrace.load(bundle).transform(frame.coalesce(1)).collect()
    assert [row["label"] for row in rows] == expected["label"].tolist()
    assert np.allclose([row["probabilities"] for row in rows], expected["probabilities"].tolist(), atol=1e-6)
    bad = headrace.load(bundle).transform(notebook.createDataFrame([(None,), ("",)], "review string")).collect()
    assert [row["rejected"].split(":")[0] for row in bad] == ["empty", "empty"]
    numbers = notebook.range(3).select(headrace.udf(bundle)("id"))
    with pytest.raises(PythonException, match="ConfigurationError: The function received a number, .; expected texts"):
        numbers.collect()
    with pytest.raises(ConfigurationError, match="expected the column 'review' of its training"):
        headrace.load(bundle).transform(notebook.createDataFrame([(1, 2)], "a int, b int"))


def test_rows_of_numbers_and_categories_are_predicted_as_those_of_a_file(
    notebook: SparkSession, tmp_path: Path
) -> None:
    rows = [(number / 4, ("a", "b")[number % 2], number % 3 * 1.0, 2.0 * number) for number in range(40)]
    frame = notebook.createDataFrame(rows, "size double, kind string, code double, price double")
    inputs = {"size": "number", "kind": "category", "code": "category"}
    table = headrace.prepare(frame, tmp_path / "table", inputs=inputs, outputs={"price": "number"})
    path = make_bundle(table, "tabular", tmp_path / "bundle")
    frame.toPandas().to_csv(tmp_path / "rows.csv", index=False)
    predict(path, tmp_path / "rows.csv", tmp_path / "output")
    expected = pd.read_parquet(tmp_path / "output")["value"].tolist()
    bundle = headrace.load(path)
    assert bundle.transform(frame).columns == [*frame.columns, "value", "rejected"]
    assert [row["value"] for row in bundle.transform(frame.coalesce(1)).collect()] == pytest.approx(expected, rel=1e-5)
    notebook.udf.register("price_of", headrace.udf(bundle))
    frame.coalesce(1).createOrReplaceTempView("offers")
    for call in ("price_of(size, kind, code)", "price_of(struct(kind, code, size))"):
        found = [row[0] for row in notebook.sql(f"SELECT {call}.value FROM offers").collect()]
        assert found == pytest.approx(expected, rel=1e-5), call
    for call in ("price_of(struct(size, kind))", "price_of(named_struct('Size', size, 'kind', kind, 'code', code))"):
        with pytest.raises(PythonException, match="ConfigurationError: The struct has no column"):
            notebook.sql(f"SELECT {call}.value FROM offers").collect()
    missing = bundle.transform(frame.limit(1).withColumn("size", F.lit(None).cast("double"))).collect()[0]
    assert missing["value"] is None
    assert missing["rejected"].startswith("bad_value: the number of size is missing")
    with pytest.raises(ConfigurationError, match="has no column 'kind'"):
        bundle.transform(frame.drop("kind"))
    with pytest.raises(ConfigurationError, match="columns 'size' and 'Size', which Spark does not tell apart; rename"):
        bundle.transform(frame.select("*", F.lit(1).alias("Size")))


@pytest.fixture
def elsewhere(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], headrace.Bundle]:
    """Return a function that loads a bundle and removes its folder, as if executors did not see it."""
    monkeypatch.setattr(bundle_broadcast, "is_local", lambda spark: False)
    shutil.copytree(bundle, tmp_path / "bundle")
    return lambda: headrace.load(tmp_path / "bundle")


def test_bundle_that_executors_do_not_see_is_broadcast(
    notebook: SparkSession, elsewhere: Callable[[], headrace.Bundle], raw: Path, expected: dict[str, Any]
) -> None:
    loaded = elsewhere()
    predicted = loaded.transform(files(notebook, raw))
    shutil.rmtree(loaded.path)
    require_equal(by_name(predicted.collect()), expected)


def test_bundle_too_large_for_a_broadcast_is_refused_in_a_sentence(
    notebook: SparkSession, elsewhere: Callable[[], headrace.Bundle], raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle_broadcast, "MAX_BYTES", 10)
    loaded = elsewhere()
    predicted = loaded.transform(files(notebook, raw))
    shutil.rmtree(loaded.path)
    with pytest.raises(Exception, match="Executors do not see the bundle .*; put it on storage that they share"):
        predicted.collect()


def test_bundle_that_was_replaced_is_refused(notebook: SparkSession, bundle: Path, raw: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    predicted = headrace.load(copy).transform(files(notebook, raw))
    (copy / "bundle.json").write_text((copy / "bundle.json").read_text() + " ")
    with pytest.raises(Exception, match="was replaced after it was loaded"):
        predicted.collect()


def test_html_names_classes_and_is_escaped(bundle: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "<b>"))
    shown = headrace.load(copy)._repr_html_()
    assert "coat, bag, boot" in shown
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown
