"""Cells of databases are the texts that the same cells of files are."""

import json
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession

from headrace.config.sections.source import Columns, Source
from headrace.errors import DataError
from headrace.prepare.readers import cell_to_text
from headrace.prepare.sources.tables.columns_of_one_record import RowColumns
from headrace.prepare.sources.tables.dataframe_to_record_columns import input_text, label_text, warn_of_times
from headrace.prepare.sources.tables.jdbc import load_database

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
    assert [row.y for row in frame.select(label_text(frame, "y").alias("y")).collect()] == list(
        map(cell_to_text, values)
    )


def test_numbers_too_large_for_64_bits_are_texts(spark: SparkSession) -> None:
    """One of them ended the preparation with an overflow in Spark."""
    values = [1e300, -1e19, float("inf"), float("nan"), 2.0**53, 7.0]
    frame = spark.createDataFrame([(value,) for value in values], "y double")
    texts = [row.y for row in frame.select(label_text(frame, "y").alias("y")).collect()]
    assert [float(text) for text in texts[:3]] == values[:3]
    assert texts[3:] == ["NaN", "9.007199254740992E15", "7"]


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


@pytest.mark.parametrize(
    ("address", "driver"),
    [("jdbc:nosuch:x", None), ("jdbc:derby:memory:x", "org.nosuch.Driver")],
    ids=["address", "class"],
)
def test_missing_driver_is_reported_with_where_its_jar_goes(
    spark: SparkSession, address: str, driver: str | None
) -> None:
    options = {"dbtable": "t"} | ({"driver": driver} if driver else {})
    source = Source.model_validate(
        {"kind": "table", "format": "jdbc", "path": address, "options": options, "columns": {"input": "text"}}
    )
    with pytest.raises(DataError, match=r"Spark has no driver for it .*spark\.jars: /path/driver\.jar") as error:
        load_database(spark, source)
    assert str(error.value).startswith(f"Spark cannot read {address} as jdbc: ")
    assert "\n" not in str(error.value)


def test_moments_of_a_database_are_warned_of(spark: SparkSession, caplog: pytest.LogCaptureFixture) -> None:
    frame = spark.sql("select timestamp '2024-07-01 00:00:00' as seen, 'a' as text, 'b' as label")
    warn_of_times(frame, Columns(input="text", label="label", identity="seen"), "jdbc:derby:x")
    assert "The times in the columns 'seen' of jdbc:derby:x are written in the time zone of Spark's" in caplog.text
