"""The same rows from files of every format and from a database become the same records."""

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from headrace.config import Configuration
from headrace.features.tabular.contract_spec import TabularSpec
from headrace.prepare.job import prepare
from headrace.table import read

ROWS = 60
NUMBERS, CATEGORIES = ("size", "count", "share"), ("kind", "code", "open", "since")


def rows() -> list[dict[str, Any]]:
    """Return rows with a number and categories of several types; some are missing."""
    return [
        {
            "id": f"row {row}",
            "size": None if row % 9 == 1 else row / 4,
            "count": row % 7,
            "share": Decimal(row % 5) / 4,
            "kind": None if row % 11 == 2 else ("a", "b", "ü")[row % 3],
            "code": 100 + row % 4,
            "open": row % 2 == 0,
            "since": datetime.date(2024, 1, 1 + row % 3),
            "price": 2.0 * row,
        }
        for row in range(ROWS)
    ]


def write_source(folder: Path, form: str, spark: SparkSession) -> dict[str, Any]:
    """Write the rows and return the section `data.source` that reads them."""
    columns = {"label": "price", "identity": "id"}
    source = {"kind": "table", "format": form, "path": str(folder / f"rows.{form}"), "columns": columns}
    folder.mkdir()
    if form == "jdbc":
        driver = {"driver": "org.apache.derby.iapi.jdbc.AutoloadedDriver", "dbtable": "offers"}
        url = f"jdbc:derby:{folder / 'database'}"
        schema = (
            "id string, size double, count int, share decimal(6, 3), kind string, code int, open boolean, since date"
        )
        frame = spark.createDataFrame(rows(), f"{schema}, price double")
        frame.write.format("jdbc").options(url=f"{url};create=true", **driver).save()
        return source | {"path": url, "options": driver}
    table = pa.Table.from_pylist(rows())
    if form == "parquet":
        pq.write_table(table, folder / "rows.parquet")
    elif form == "csv":
        table.to_pandas().astype({"open": str}).to_csv(folder / "rows.csv", index=False)
    else:
        frame = pd.DataFrame(rows()).astype({"since": str, "share": float})
        frame.to_json(folder / "rows.json", orient="records", lines=True)
    return source


def prepared_rows(folder: Path, form: str, spark: SparkSession) -> tuple[dict[str, Any], dict[str, list[float]]]:
    """Prepare the rows; return the layout and the stored numbers by identity."""
    tabular = {"numbers": NUMBERS, "categories": CATEGORIES, "missing": "mean"}
    configuration = Configuration.model_validate(
        {
            "data": {"source": write_source(folder, form, spark), "table": str(folder / "table")},
            "prepare": {
                "input": "tabular",
                "task": "regression",
                "tabular": tabular,
                # Splits follow the content, which is the same for all formats.
                "splits": {"train": 0.6, "val": 0.2, "test": 0.2},
            },
            "model": {"file": "tabular"},
            "train": {"run": "run"},
        }
    )
    assert prepare(configuration)["written"] == ROWS
    version = read(folder / "table")
    stored = [row for shard in version.shards for row in pq.read_table(version.table / shard.path).to_pylist()]
    numbers = {row["path"].rpartition("/")[2]: np.frombuffer(row["row"], "<f4").tolist() for row in stored}
    return TabularSpec.of(version.contract).model_dump(), numbers


@pytest.fixture(scope="module")
def expected(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Any]:
    """Return what the rows become from Parquet, where each column has its type."""
    return prepared_rows(tmp_path_factory.mktemp("tabular") / "parquet", "parquet", spark)


@pytest.mark.parametrize("form", ["csv", "json", "jdbc"])
def test_rows_of_every_format_are_the_same_records(
    form: str, expected: tuple[dict[str, Any], Any], spark: SparkSession, tmp_path: Path
) -> None:
    layout, numbers = prepared_rows(tmp_path / form, form, spark)
    assert layout == expected[0]
    assert numbers == expected[1]
    assert list(layout["categories"]) == list(CATEGORIES)


def test_missing_number_is_the_mean_of_the_training_split(expected: tuple[dict[str, Any], Any]) -> None:
    _, numbers = expected
    missing = {numbers[f"row {row}"][0] for row in range(ROWS) if row % 9 == 1}
    assert len(missing) == 1
    assert all(numbers[f"row {row}"][0] == row / 4 for row in range(ROWS) if row % 9 != 1)
