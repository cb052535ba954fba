"""A fit that cannot succeed is refused in one sentence, before anything is written."""

from pathlib import Path
from typing import Any

import pytest
from pyspark.ml.linalg import Vectors
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from headrace.errors import ConfigurationError, DataError, HeadraceError, TrainingError
from headrace.ml import HeadraceClassifier, HeadraceRegressor

pytestmark = [pytest.mark.spark, pytest.mark.slow]


@pytest.fixture(scope="module")
def frame(spark: SparkSession) -> DataFrame:
    """Vectors of two classes."""
    rows = [(Vectors.dense([float(number), number % 7.0]), number % 2.0) for number in range(20)]
    return spark.createDataFrame(rows, ["features", "label"]).cache()


class Refusals:
    """Fits that fail, with one sentence and without a trace."""

    def __init__(self, frame: DataFrame, work: Path) -> None:
        self.frame, self.work = frame, work

    def __call__(
        self,
        kind: type[HeadraceError],
        frame: DataFrame | None = None,
        estimator: Any = HeadraceClassifier,
        **params: Any,
    ) -> str:
        given = {"network": "tabular", "work": self.work} | params
        with pytest.raises(kind) as error:
            estimator(**given).fit(self.frame if frame is None else frame)
        message = str(error.value)
        assert "\n" not in message
        assert not [path for path in self.work.rglob("*") if path.is_file()]
        return message


@pytest.fixture
def refused(frame: DataFrame, tmp_path: Path) -> Refusals:
    """Fits below an empty folder."""
    return Refusals(frame, tmp_path / "work")


def test_wrong_columns_are_refused(refused: Refusals, frame: DataFrame) -> None:
    error = ConfigurationError
    assert "has no column 'features'; its columns are: label" in refused(error, frame.drop("features"))
    assert "has no column 'label'" in refused(error, frame.drop("label"))
    assert "has no column 'v'" in refused(error, validationIndicatorCol="v")
    array = frame.withColumn("features", F.array("label"))
    assert "'features' of the DataFrame holds array<double>; expected vectors, as VectorAssembler" in refused(
        error, array
    )
    assert "'features': 'matrix'; expected one of: image" in refused(error, inputs={"features": "matrix"})
    assert "'features' of the DataFrame holds vector; expected an array of numbers" in refused(
        error, inputs={"features": "vector"}
    )
    marked = frame.withColumn("v", F.lit(1))
    assert "holds int; validationIndicatorCol expects truth values" in refused(
        error, marked, validationIndicatorCol="v"
    )
    existing = frame.withColumn("Probability", F.lit(1))
    assert "column 'probability' already, which probabilityCol would replace" in refused(error, existing)
    assert "Two output columns have the same name" in refused(error, predictionCol="p", rawPredictionCol="P")


def test_wrong_labels_are_refused(refused: Refusals, frame: DataFrame) -> None:
    def with_label(column: Any) -> DataFrame:
        return frame.withColumn("label", column)

    label, expected = F.col("label"), "; expected class indices, 0, 1 and so on, as StringIndexer makes them."
    assert f"'label' holds -1{expected}" in refused(DataError, with_label(label - 1))
    assert f"'label' holds 0.5{expected}" in refused(DataError, with_label(label / 2))
    for odd in ("nan", "inf"):
        column = F.when(label == 1, F.lit(float(odd))).otherwise(label)
        assert f"'label' holds {odd}{expected}" in refused(DataError, with_label(column))
    assert f"'label' holds only nulls{expected}" in refused(DataError, with_label(F.lit(None).cast("int")))
    assert f"holds 2 different numbers, up to 1000{expected}" in refused(DataError, with_label(label * 1000))
    assert "holds 1 class ('0')" in refused(DataError, with_label(F.lit(0)))
    named = with_label(F.col("label").alias("label", metadata={"ml_attr": {"type": "nominal", "vals": ["a"]}}))
    assert "holds 1, and its metadata names 1 classes; index it again" in refused(DataError, named)
    assert "holds array<double>; expected class indices from 0, or names" in refused(
        ConfigurationError, with_label(F.array(label))
    )
    vectors = "holds array<double>; expected numbers; vectors are trained by headrace.train, prepared with outputs="
    assert vectors in refused(ConfigurationError, with_label(F.array(label)), estimator=HeadraceRegressor)
    assert "holds string; expected numbers" in refused(
        ConfigurationError, with_label(F.lit("a")), estimator=HeadraceRegressor
    )


def test_vectors_without_one_size_are_refused(refused: Refusals, frame: DataFrame, spark: SparkSession) -> None:
    other = spark.createDataFrame([(Vectors.dense([1.0]), 1.0)], frame.schema)
    assert "'features' of the DataFrame holds sizes from 1 to 2" in refused(DataError, frame.union(other))
    empty = spark.createDataFrame([(Vectors.dense([]), 1.0)], frame.schema)
    assert "holds empty vectors; expected vectors of one size" in refused(DataError, empty)
    missing = spark.createDataFrame([(None, 1.0)], frame.schema)
    assert "holds only nulls; expected vectors of one size" in refused(DataError, missing)


def test_dataframe_without_rows_for_training_is_refused(refused: Refusals, frame: DataFrame) -> None:
    assert "The DataFrame has no rows" in refused(DataError, frame.where("label > 5"))
    marked = frame.withColumn("v", F.lit(True))
    assert "The training split holds no row" in refused(DataError, marked, validationIndicatorCol="v")


def test_wrong_params_are_refused(refused: Refusals, tmp_path: Path) -> None:
    error = ConfigurationError
    assert "HeadraceClassifier needs the parameter 'network': path of a Python file" in refused(error, network=None)
    assert "needs the parameter 'work'" in refused(error, work=None)
    assert "neither a file (looked for at" in refused(error, network="nothing")
    both = {"inputs": {"label": "number"}, "featuresCol": "features"}
    assert "`inputs` and `featuresCol` both name" in refused(error, **both)
    assert "ranks is 0; expected 1 or more" in refused(error, ranks=0)
    assert "unknown key `train.epoch`; did you mean `train.epochs`?" in refused(error, settings={"train.epoch": 2})
    assert "'train.run', which the parameter work gives" in refused(error, settings={"train.run": str(tmp_path)})
    assert "'prepare.tabular.numbers', which the parameter inputs gives" in refused(
        error, settings={"prepare.tabular.numbers": ["a"]}
    )


def test_fewer_slots_than_ranks_are_refused(refused: Refusals) -> None:
    assert "train.ranks is 3, but local[2] has 2 free slots" in refused(TrainingError, ranks=3)


def test_spark_connect_is_refused(refused: Refusals) -> None:
    remote: Any = type("DataFrame", (), {"__module__": "pyspark.sql.connect.dataframe"})()
    assert "one of Spark Connect" in refused(ConfigurationError, remote)


def test_refused_fit_keeps_no_rows(refused: Refusals, frame: DataFrame, spark: SparkSession) -> None:
    before = spark.sparkContext._jsc.getPersistentRDDs().size()
    # Rows of no other test, which Spark would find kept.
    refused(DataError, frame.withColumn("label", F.col("label") - 7))
    assert spark.sparkContext._jsc.getPersistentRDDs().size() == before
