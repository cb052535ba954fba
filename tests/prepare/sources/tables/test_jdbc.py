"""Cells of databases are the texts that the same cells of files are."""

from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession

from headrace.prepare.readers import cell_text
from headrace.prepare.sources.tables.jdbc import label_text

NUMBERS: list[tuple[str, list[Any]]] = [
    (
        "decimal(38, 8)",
        [Decimal("1.00"), Decimal("0"), Decimal("2.50"), Decimal("-123456789012345678901234567890"), None],
    ),
    ("double", [1.0, -0.5, 1e10, None]),
    ("bigint", [1, 2**60, None]),
    ("string", ["1.00", "cat", None]),
]


@pytest.mark.parametrize(("kind", "values"), NUMBERS)
def test_labels_of_a_database_are_those_of_files(spark: SparkSession, kind: str, values: list[Any]) -> None:
    frame = spark.createDataFrame([(value,) for value in values], f"y {kind}")
    assert [row.y for row in frame.select(label_text(frame, "y").alias("y")).collect()] == list(map(cell_text, values))
