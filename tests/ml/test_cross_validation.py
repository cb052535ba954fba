"""CrossValidator and TrainValidationSplit prepare the rows once a fold, and find all of it again."""

from pathlib import Path
from typing import Any

import pytest
from pyspark.ml import Pipeline
from pyspark.ml.evaluation import BinaryClassificationEvaluator
from pyspark.ml.feature import StringIndexer, VectorAssembler
from pyspark.ml.tuning import CrossValidator, CrossValidatorModel, ParamGridBuilder, TrainValidationSplit
from pyspark.sql import DataFrame, SparkSession

from headrace.ml import HeadraceClassifier, fitting
from tests.ml.conftest import SETTINGS

pytestmark = [pytest.mark.spark, pytest.mark.horovod, pytest.mark.slow, pytest.mark.long]


def counts(work: Path) -> tuple[int, int, int]:
    """Tables, their versions, and runs."""
    return len([*work.glob("tables/*")]), len([*work.glob("tables/*/_delta_log/*.json")]), len([*work.glob("runs/*")])


@pytest.mark.timeout(900)
def test_grid_prepares_once_a_fold(
    spark: SparkSession, cells: DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(spark.sparkContext._jsc.getPersistentRDDs())
    busy: list[int] = []
    real: Any = fitting.train

    def train(*arguments: Any, **others: Any) -> Any:
        assert not busy, "two fits at once"
        busy.append(1)
        try:
            return real(*arguments, **others)
        finally:
            busy.pop()

    monkeypatch.setattr(fitting, "train", train)
    work = tmp_path / "work"
    numbers = [name for name in cells.columns if name != "diagnosis"]
    classifier = HeadraceClassifier(network="tabular", work=work)
    grid = ParamGridBuilder().addGrid(classifier.settings, [SETTINGS | {"train.epochs": 1}, SETTINGS]).build()
    stages = [
        StringIndexer(inputCol="diagnosis", outputCol="label"),
        VectorAssembler(inputCols=numbers, outputCol="features"),
    ]
    given: dict[str, Any] = {
        "estimator": Pipeline(stages=[*stages, classifier]), "estimatorParamMaps": grid, "parallelism": 2, "seed": 1,
        "evaluator": BinaryClassificationEvaluator(),
    }  # fmt: skip
    validator = CrossValidator(numFolds=2, **given)
    model = validator.fit(cells)
    # Two folds with two settings, and all rows with the better one.
    assert counts(work) == (3, 3, 5)
    assert model.avgMetrics[1] > max(0.9, model.avgMetrics[0])
    again = validator.fit(cells)
    assert again.avgMetrics == pytest.approx(model.avgMetrics, rel=1e-12)
    assert counts(work) == (3, 3, 5)
    model.write().overwrite().save(str(tmp_path / "saved"))
    loaded = CrossValidatorModel.load(str(tmp_path / "saved"))
    assert loaded.avgMetrics == pytest.approx(model.avgMetrics, rel=1e-12)
    probabilities = [one.transform(cells).select("probability").collect() for one in (model, loaded)]
    assert probabilities[0] == probabilities[1]
    split = TrainValidationSplit(trainRatio=0.7, **given).fit(cells)
    # The rows for training with two settings; the fit on all rows is that of the CrossValidator.
    assert counts(work) == (4, 4, 7)
    assert split.validationMetrics[1] > 0.9
    assert set(spark.sparkContext._jsc.getPersistentRDDs()) <= before
