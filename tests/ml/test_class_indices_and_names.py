"""Class indices and their names."""

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from headrace.ml.class_indices_and_names import ClassNames, indexed_names, label_measures, stored_label

pytestmark = pytest.mark.spark


def test_names_that_a_table_would_change_are_stored_as_indices() -> None:
    assert ClassNames.of(("b", "a")) == ClassNames(labels=("b", "a"), stored=("b", "a"))
    assert ClassNames.of((" a", "null")) == ClassNames(labels=(" a", "null"), stored=("0", "1"))
    assert ClassNames.of(("a", "")).stored == ("0", "1")


def test_classes_of_a_table_have_their_indices() -> None:
    classes = ClassNames.of(("z", "m", "a"))
    assert classes.indices(("a", "z")) == (2, 0)


@pytest.mark.parametrize("kind", ["double", "int", "decimal(10,2)", "bigint"])
def test_indices_of_every_number_are_stored_by_name(spark: SparkSession, kind: str) -> None:
    frame = spark.createDataFrame([(0.0,), (2.0,), (None,)], "label double")
    frame = frame.withColumn("label", F.col("label").cast(kind))
    measured = frame.agg(*(one.alias(name) for name, one in label_measures(F.col("label")).items())).first()
    assert measured is not None
    classes = indexed_names(frame, "label", measured.asDict())
    assert classes.labels == ("0", "1", "2")
    stored = frame.select(stored_label(F.col("label"), ClassNames.of(("x", "y", "z"))).alias("name"))
    assert [row.name for row in stored.collect()] == ["x", "z", None]
