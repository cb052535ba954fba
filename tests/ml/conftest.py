"""Measurements of cells (Breast Cancer Wisconsin, which ships with scikit-learn) as a DataFrame."""

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from sklearn.datasets import load_breast_cancer

NUMBERS = 6
# Training that takes a second and learns to tell the cells apart.
SETTINGS: dict[str, Any] = {
    "train.epochs": 6, "train.batch_size": 8, "train.optimizer.learning_rate": 0.01, "model.options.width": 16,
}  # fmt: skip


@pytest.fixture(scope="session")
def cells(spark: SparkSession) -> DataFrame:
    """300 rows of six numbers, and the diagnosis as a name."""
    data = load_breast_cancer()
    names = [str(name).replace(" ", "_") for name in data.feature_names[:NUMBERS]]
    diagnoses = [str(data.target_names[index]) for index in data.target]
    rows = [(*map(float, row[:NUMBERS]), name) for row, name in zip(data.data, diagnoses, strict=True)][:300]
    return spark.createDataFrame(rows, [*names, "diagnosis"])
