"""Columns of numbers and categories, names as labels, classes without rows, and numbers to predict."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.ml.evaluation import RegressionEvaluator
from pyspark.ml.feature import StringIndexer, VectorAssembler
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

import headrace
from headrace.api.table import Table
from headrace.ml import HeadraceClassifier, HeadraceRegressionModel, HeadraceRegressor
from tests.ml.conftest import SETTINGS

pytestmark = [pytest.mark.spark, pytest.mark.horovod, pytest.mark.slow]


@pytest.fixture(scope="module")
def sizes(cells: DataFrame) -> DataFrame:
    """The cells with a size by name, a weight, and a mark of every fifth row."""
    number = F.monotonically_increasing_id() % 5
    size = F.when(F.col("mean_radius") < 12, "size 10").when(F.col("mean_radius") < 15, "size 2").otherwise("big")
    return cells.withColumns({"size": size, "weight": F.lit(2.0) + number, "is_val": number == 0}).cache()


def only_table(work: Path) -> Table:
    (folder,) = (work / "tables").iterdir()
    return headrace.read(folder)


@pytest.mark.long
def test_regressor_predicts_numbers_from_columns(sizes: DataFrame, tmp_path: Path) -> None:
    regressor = HeadraceRegressor(
        network="tabular",
        work=tmp_path / "work",
        inputs={"mean_area": "number", "diagnosis": "category"},
        labelCol="mean_radius",
        validationIndicatorCol="is_val",
        weightCol="weight",
        settings=SETTINGS | {"train.epochs": 20},
    )
    model: Any = regressor.fit(sizes)
    table = only_table(tmp_path / "work")
    marked = sizes.where("is_val").count()
    assert table.counts == {"train": {"all": sizes.count() - marked}, "val": {"all": marked}}
    rows = [pq.read_table(Path(table.path) / shard.path).to_pylist() for shard in table._version.shards]
    assert {row["weight"] for shard in rows for row in shard} == {2.0, 3.0, 4.0, 5.0, 6.0}
    predicted = model.transform(sizes)
    assert predicted.schema["prediction"].dataType.simpleString() == "double"
    assert RegressionEvaluator(labelCol="mean_radius", metricName="r2").evaluate(predicted) > 0.8
    model.save(str(tmp_path / "saved"))
    loaded = HeadraceRegressionModel.load(str(tmp_path / "saved"))
    assert loaded.transform(sizes).collect() == predicted.collect()


def test_names_as_labels_are_sorted(sizes: DataFrame, tmp_path: Path) -> None:
    classifier = HeadraceClassifier(
        network="tabular", work=tmp_path / "work", inputs={"mean_radius": "number"}, labelCol="size", settings=SETTINGS
    )
    model = classifier.fit(sizes)
    assert model.labels == ["big", "size 10", "size 2"]
    expected = model.bundle.transform(sizes).select("label", "probabilities").collect()
    rows = model.transform(sizes).select("prediction", "probability").collect()
    assert [model.labels[int(row.prediction)] for row in rows] == [row.label for row in expected]
    assert [list(row.probability) for row in rows] == [row.probabilities for row in expected]


def test_class_without_rows_has_probability_0(sizes: DataFrame, tmp_path: Path) -> None:
    frame = (
        StringIndexer(inputCol="size", outputCol="label", stringOrderType="alphabetDesc").fit(sizes).transform(sizes)
    )
    frame = VectorAssembler(inputCols=["mean_radius", "mean_area"], outputCol="features").transform(frame)
    classifier = HeadraceClassifier(network="tabular", work=tmp_path / "work", settings=SETTINGS)
    model = classifier.fit(frame.where("size <> 'size 10'"))
    assert model.labels == ["size 2", "size 10", "big"]
    assert model.bundle.classes == ("big", "size 2")
    rows = model.transform(frame).collect()
    assert {row.probability[1] for row in rows} == {0.0}
    assert min(row.rawPrediction[1] for row in rows) > -200
    by_size = {(row["size"], row.prediction) for row in rows if row["size"] != "size 10"}
    assert by_size <= {("big", 2.0), ("big", 0.0), ("size 2", 0.0), ("size 2", 2.0)}
    right = [row.prediction == row.label for row in rows if row["size"] != "size 10"]
    assert sum(right) / len(right) > 0.9
