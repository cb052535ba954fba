"""A pipeline of pyspark.ml with a network of Headrace in it, trained on two ranks."""

import json
import math
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import PySparkException
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.evaluation import BinaryClassificationEvaluator, MulticlassClassificationEvaluator
from pyspark.ml.feature import IndexToString, StringIndexer, VectorAssembler
from pyspark.ml.linalg import Vectors
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import Row

import headrace
from headrace.errors import ConfigurationError, DataError, StoreError
from headrace.features.tabular.contract_spec import TabularSpec
from headrace.ml import HeadraceClassificationModel, HeadraceClassifier, HeadraceRegressionModel
from headrace.ml import ml_writer_and_reader as module
from tests.ml.conftest import SETTINGS

pytestmark = [pytest.mark.spark, pytest.mark.horovod, pytest.mark.slow]


@dataclass(frozen=True)
class Fitted:
    """A pipeline before and after the fit, and rows that it was not fitted on."""

    classifier: HeadraceClassifier
    pipeline: PipelineModel
    train: DataFrame
    test: DataFrame

    @property
    def model(self) -> HeadraceClassificationModel:
        """The last stage."""
        stage: HeadraceClassificationModel = self.pipeline.stages[-1]
        return stage

    @property
    def features(self) -> DataFrame:
        """The rows of `test` as the last stage receives them."""
        return PipelineModel(self.pipeline.stages[:-1]).transform(self.test)


@pytest.fixture(scope="module")
def fitted(cells: DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    """What a user types, fitted on two ranks."""
    train, test = cells.randomSplit([0.8, 0.2], seed=1)
    numbers = [name for name in cells.columns if name != "diagnosis"]
    classifier = HeadraceClassifier(
        network="tabular", work=tmp_path_factory.mktemp("ml") / "work", ranks=2, rejectedCol="why", settings=SETTINGS
    )
    indexer = StringIndexer(inputCol="diagnosis", outputCol="label")
    pipeline = Pipeline(stages=[indexer, VectorAssembler(inputCols=numbers, outputCol="features"), classifier])
    return Fitted(classifier, pipeline.fit(train), train, test)


@pytest.fixture(scope="module")
def predicted(fitted: Fitted) -> DataFrame:
    """The rows of `test` with their predictions, computed once."""
    return fitted.pipeline.transform(fitted.test).cache()


def test_evaluators_of_spark_measure_the_predictions(predicted: DataFrame) -> None:
    assert MulticlassClassificationEvaluator(metricName="accuracy").evaluate(predicted) > 0.85
    assert MulticlassClassificationEvaluator(metricName="logLoss").evaluate(predicted) < 0.5
    by_logarithms = BinaryClassificationEvaluator().evaluate(predicted)
    by_probability = BinaryClassificationEvaluator(rawPredictionCol="probability").evaluate(predicted)
    assert by_logarithms == pytest.approx(by_probability)
    assert by_logarithms > 0.9


def test_index_to_string_names_the_predictions_without_labels(predicted: DataFrame, fitted: Fitted) -> None:
    labels = fitted.pipeline.stages[0].labels
    assert fitted.model.labels == labels
    assert fitted.model.numClasses == 2
    named = IndexToString(inputCol="prediction", outputCol="name").transform(predicted)
    found = {(row.prediction, row.name) for row in named.select("prediction", "name").collect()}
    assert found == {(0.0, labels[0]), (1.0, labels[1])}


def test_columns_are_those_of_a_classifier_of_spark(predicted: DataFrame, fitted: Fitted) -> None:
    assert predicted.columns[-4:] == ["prediction", "probability", "rawPrediction", "why"]
    kinds = [predicted.schema[name].dataType.simpleString() for name in predicted.columns[-4:]]
    assert kinds == ["double", "vector", "vector", "string"]
    attributes = predicted.schema["probability"].metadata["ml_attr"]
    assert attributes["num_attrs"] == 2
    assert [one["name"] for one in attributes["attrs"]["numeric"]] == fitted.model.labels
    for row in predicted.collect():
        assert sum(row.probability) == pytest.approx(1, abs=1e-6)
        assert row.prediction == int(row.probability.toArray().argmax())
        assert list(row.rawPrediction) == pytest.approx([math.log(one) for one in row.probability])
        assert row.why is None


def test_predictions_are_those_of_the_bundle(predicted: DataFrame, fitted: Fitted) -> None:
    names = TabularSpec.of(fitted.model.bundle.contract).numbers
    assert list(names) == [name for name in fitted.test.columns if name != "diagnosis"]
    assert fitted.model.numFeatures == len(names)
    rows = headrace.load(fitted.model.bundle.path).transform(fitted.test).collect()
    expected = [row.probabilities[fitted.model.bundle.classes.index("malignant")] for row in rows]
    index = fitted.model.labels.index("malignant")
    assert [row.probability[index] for row in predicted.collect()] == pytest.approx(expected)


def test_model_keeps_uid_and_params_of_its_estimator(fitted: Fitted) -> None:
    assert fitted.model.uid == fitted.classifier.uid
    assert all(param.parent == fitted.model.uid for param in fitted.model.params)
    assert fitted.model.getSettings() == SETTINGS
    assert {param.name: value for param, value in fitted.model.extractParamMap().items()} == {
        param.name: value for param, value in fitted.classifier.extractParamMap().items()
    }


def test_all_rows_are_for_training(fitted: Fitted) -> None:
    table = next((Path(fitted.classifier.getWork()) / "tables").iterdir())
    assert list(headrace.read(table).counts) == ["train"]
    assert sum(headrace.read(table).counts["train"].values()) == fitted.train.count()


def test_copy_with_other_columns_leaves_the_model(fitted: Fitted) -> None:
    model = fitted.model
    other = model.copy({model.predictionCol: "guess", model.probabilityCol: "", model.rejectedCol: ""})
    assert other.transform(fitted.features).columns[-2:] == ["guess", "rawPrediction"]
    assert model.transform(fitted.features, {model.rawPredictionCol: ""}).columns[-3:] == [
        "prediction", "probability", "why",
    ]  # fmt: skip
    assert model.getPredictionCol() == "prediction"


def test_equal_fit_finds_its_run_again(fitted: Fitted) -> None:
    work = Path(fitted.classifier.getWork())
    before = sorted(work.glob("*/*"))
    again: Any = PipelineModel(fitted.pipeline.stages[:-1]).transform(fitted.train.repartition(3))
    model = fitted.classifier.fit(again)
    assert model.bundle.path == fitted.model.bundle.path
    assert sorted(work.glob("*/*")) == before


def test_bad_vectors_are_rejected_with_a_reason(fitted: Fitted, spark: SparkSession) -> None:
    good = [10.0, 17.0, 120.0, 1000.0, 0.1, 0.2]
    vectors = [Vectors.dense(good), Vectors.dense(good[:5]), Vectors.dense([*good, 1.0]), None]
    vectors += [Vectors.dense([math.nan, *good[1:]]), Vectors.sparse(6, dict(enumerate(good)))]
    frame = spark.createDataFrame([(one,) for one in vectors], fitted.features.select("features").schema)
    rows: list[Row] = fitted.model.transform(frame).collect()
    reasons = [row.why and row.why.split(";")[0] for row in rows]
    assert reasons == [
        None, "bad_value: the vector has 5 numbers, not 6", "bad_value: the vector has 7 numbers, not 6",
        "empty: the cell is empty", "bad_value: the number of mean_radius is missing", None,
    ]  # fmt: skip
    assert [row.prediction is None for row in rows] == [bool(one) for one in reasons]
    assert [row.probability is None for row in rows] == [bool(one) for one in reasons]
    assert list(rows[0].probability) == pytest.approx(list(rows[5].probability))


@pytest.mark.skipif(not version("pyspark").startswith("4.3."), reason="other versions have no such setting")
def test_vectors_of_parquet_need_a_setting_of_spark(fitted: Fitted, spark: SparkSession, tmp_path: Path) -> None:
    """If the first call succeeds, Spark is mended: remove the line in docs/notebook.md."""
    fitted.features.write.parquet(str(tmp_path / "rows"))
    session = spark.newSession()
    frame = session.read.parquet(str(tmp_path / "rows"))
    with pytest.raises(PySparkException, match="UNSUPPORTED_DATATYPE"):
        fitted.model.transform(frame).collect()
    session.conf.set("spark.sql.execution.arrow.pythonUDF.columnarInput.enabled", "false")
    assert fitted.model.transform(frame).where("prediction is not null").count() == fitted.test.count()


def test_wrong_columns_to_predict_are_refused(fitted: Fitted) -> None:
    frame = fitted.features
    with pytest.raises(ConfigurationError, match="has a column 'prediction' already, which predictionCol would"):
        fitted.model.transform(frame.withColumn("prediction", frame.label))
    with pytest.raises(ConfigurationError, match="has no column 'features'"):
        fitted.model.transform(frame.drop("features"))
    with pytest.raises(ConfigurationError, match="holds double; expected vectors"):
        fitted.model.transform(frame.drop("features").withColumnRenamed("label", "features"))


def test_saved_pipeline_predicts_the_same_without_its_work(
    fitted: Fitted, predicted: DataFrame, tmp_path: Path
) -> None:
    fitted.pipeline.write().overwrite().save(str(tmp_path / "saved"))
    loaded = PipelineModel.load(f"file://{tmp_path}/saved")
    model: Any = loaded.stages[-1]
    assert not model.bundle.path.is_relative_to(fitted.classifier.getWork())
    assert (model.uid, model.labels) == (fitted.model.uid, fitted.model.labels)
    assert model.extractParamMap() == fitted.model.extractParamMap()
    columns = ["prediction", "probability", "rawPrediction"]
    assert loaded.transform(fitted.test).select(columns).collect() == predicted.select(columns).collect()
    assert loaded.transform(fitted.test).schema == predicted.schema


def test_save_replaces_a_model_only_when_told(fitted: Fitted, tmp_path: Path) -> None:
    path = str(tmp_path / "saved")
    fitted.model.save(path)
    with pytest.raises(ConfigurationError, match=r"saved exists already; replace it with write\(\).overwrite\(\)"):
        fitted.model.save(path)
    loaded = HeadraceClassificationModel.load(path)
    loaded.setParams(predictionCol="guess").write().overwrite().save(path)
    assert HeadraceClassificationModel.load(path).getPredictionCol() == "guess"


def test_save_that_fails_leaves_nothing(fitted: Fitted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("full")

    monkeypatch.setattr(module.DefaultParamsWriter, "saveMetadata", fail)
    with pytest.raises(OSError, match="full"):
        fitted.model.save(str(tmp_path / "saved"))
    assert not (tmp_path / "saved").exists()
    with pytest.raises(StoreError, match="The file system of nowhere://a/b fails: .*nowhere"):
        fitted.model.save("nowhere://a/b")


def test_damaged_bundle_is_not_saved_over_a_model(fitted: Fitted, tmp_path: Path) -> None:
    path = tmp_path / "saved"
    fitted.model.save(str(path))
    shutil.copytree(fitted.model.bundle.path, tmp_path / "bundle")
    damaged = HeadraceClassificationModel(headrace.load(tmp_path / "bundle"), fitted.model._state)
    (tmp_path / "bundle" / "model.py").write_text("")
    with pytest.raises(DataError, match=r"damaged: model\.py was changed"):
        damaged.write().overwrite().save(str(path))
    assert HeadraceClassificationModel.load(str(path)).labels == fitted.model.labels


def test_model_that_is_damaged_or_another_is_not_loaded(fitted: Fitted, tmp_path: Path) -> None:
    path = tmp_path / "saved"

    def refused(kind: Any = HeadraceClassificationModel) -> str:
        with pytest.raises(DataError) as error:
            kind.load(str(path))
        assert "\n" not in str(error.value)
        return str(error.value)

    assert "is no saved model: it has no metadata" in refused()
    fitted.model.save(str(path))
    assert "HeadraceClassificationModel; expected a headrace.ml.regression" in refused(HeadraceRegressionModel)
    contract = path / "bundle" / "contract.json"
    content = contract.read_text()
    contract.write_text(content + " ")
    assert "bundle/contract.json was changed" in refused()
    contract.unlink()
    assert "bundle/contract.json is missing" in refused()
    contract.write_text(content)
    (metadata,) = (path / "metadata").glob("part-*")
    (metadata.parent / f".{metadata.name}.crc").unlink()
    written = json.loads(metadata.read_text())
    metadata.write_text(json.dumps({key: value for key, value in written.items() if key != "headrace"}))
    assert "is not a model of this version of Headrace" in refused()
    metadata.write_text("{")
    assert "The metadata of" in refused()
