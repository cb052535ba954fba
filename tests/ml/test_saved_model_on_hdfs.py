"""Models are saved to, and loaded from, what Spark's Hadoop knows: here a real HDFS."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

import headrace
from headrace.errors import ConfigurationError, DataError
from headrace.ml import HeadraceClassificationModel

pytestmark = [pytest.mark.spark, pytest.mark.hdfs, pytest.mark.tensorflow, pytest.mark.slow, pytest.mark.long]


def test_model_is_saved_on_hdfs(spark: SparkSession, hdfs: Any, make_bundle: Callable[[str], Path]) -> None:
    bundle = headrace.load(make_bundle("cnn"))
    model = HeadraceClassificationModel(bundle, {"labels": list(bundle.classes), "indices": [0, 1, 2]})
    path = f"{hdfs.address}/models/photos"
    with pytest.raises(DataError, match=r"hdfs://.* is no saved model"):
        HeadraceClassificationModel.load(path)
    model.save(path)
    with pytest.raises(ConfigurationError, match="exists already"):
        model.save(path)
    model.setParams(predictionCol="guess").write().overwrite().save(path)
    loaded = HeadraceClassificationModel.load(path)
    assert (loaded.uid, loaded.labels, loaded.getPredictionCol()) == (model.uid, list(bundle.classes), "guess")
    for name in bundle._bundle.files:
        assert (loaded.bundle.path / name).read_bytes() == (bundle.path / name).read_bytes()
