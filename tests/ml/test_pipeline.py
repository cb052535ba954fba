"""A pipeline of pyspark.ml with a network of Headrace in it, on measurements of cells, on two ranks."""

from pathlib import Path
from typing import Any

import pytest
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.evaluation import BinaryClassificationEvaluator, MulticlassClassificationEvaluator
from pyspark.ml.feature import IndexToString, StringIndexer, VectorAssembler
from pyspark.sql import DataFrame, SparkSession

from headrace.ml import HeadraceClassifier

pytestmark = [pytest.mark.spark, pytest.mark.horovod, pytest.mark.slow]


def test_pipeline_of_a_user_trains_evaluates_saves_and_loads(
    spark: SparkSession, cells: DataFrame, tmp_path: Path
) -> None:
    train, test = cells.randomSplit([0.8, 0.2], seed=1)
    numbers = [name for name in cells.columns if name != "diagnosis"]
    classifier = HeadraceClassifier(
        network="tabular",
        work=str(tmp_path / "work"),
        ranks=2,
        settings={
            "train.epochs": 6,
            "train.batch_size": 8,
            "train.optimizer.learning_rate": 0.01,
            "model.options.width": 16,
        },
    )
    indexer = StringIndexer(inputCol="diagnosis", outputCol="label")
    model = Pipeline(stages=[indexer, VectorAssembler(inputCols=numbers, outputCol="features"), classifier]).fit(train)
    predicted = model.transform(test)
    assert MulticlassClassificationEvaluator(metricName="accuracy").evaluate(predicted) > 0.85
    assert BinaryClassificationEvaluator().evaluate(predicted) > 0.9
    named = (
        IndexToString(inputCol="prediction", outputCol="name")
        .transform(predicted)
        .select("label", "prediction", "name")
    )
    assert {(row.prediction, row.name) for row in named.collect()} == {(0.0, "benign"), (1.0, "malignant")}
    model.write().overwrite().save(str(tmp_path / "saved"))
    loaded: Any = PipelineModel.load(str(tmp_path / "saved"))
    assert loaded.transform(test).select("probability").collect() == predicted.select("probability").collect()
