"""Cells of databases are the texts that the same cells of files are."""

import json
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession

from headrace.prepare.readers import cell_text
from headrace.prepare.sources.tables.multi_cell_records import RowColumns
from headrace.prepare.sources.tables.spark_record_columns import input_text, label_text

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


@pytest.mark.parametrize("quote", ["", "`"], ids=["plain", "quoted"])
def test_cells_of_columns_with_dots_have_the_names_of_the_configuration(spark: SparkSession, quote: str) -> None:
    frame = spark.createDataFrame([(1.0, "x", "p")], ["floor.area", "a`b", "unit.price"])
    names = {name: f"{quote}{name}{quote}" for name in frame.columns}
    columns = RowColumns(label=names["unit.price"], cells=(names["floor.area"], names["a`b"]))
    cells = frame.select(
        input_text(frame, columns, "text").alias("data"), label_text(frame, columns.label).alias("label")
    )
    (found,) = cells.collect()
    assert json.loads(found["data"]) == {names["floor.area"]: "1", names["a`b"]: "x"}
    assert found["label"] == "p"
