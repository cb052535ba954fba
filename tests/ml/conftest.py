"""Measurements of cells (Breast Cancer Wisconsin, which ships with scikit-learn) as a DataFrame."""

import pytest
from pyspark.sql import DataFrame, SparkSession
from sklearn.datasets import load_breast_cancer

COLUMNS = 6


@pytest.fixture(scope="session")
def cells(spark: SparkSession) -> DataFrame:
    """300 rows of six numbers, and the diagnosis as a name."""
    data = load_breast_cancer()
    names = [str(name).replace(" ", "_") for name in data.feature_names[:COLUMNS]]
    diagnoses = [str(data.target_names[index]) for index in data.target]
    rows = [(*map(float, row[:COLUMNS]), name) for row, name in zip(data.data, diagnoses, strict=True)][:300]
    return spark.createDataFrame(rows, [*names, "diagnosis"])
