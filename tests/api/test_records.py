"""Columns of different kinds are several inputs of one record, from a DataFrame to predictions."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

import headrace
from headrace.errors import ConfigurationError
from headrace.predict.job import predict
from tests.support.workspace import ROOT

pytestmark = [pytest.mark.spark, pytest.mark.horovod, pytest.mark.tensorflow, pytest.mark.usefixtures("spark")]

INPUTS = {"content": "image", "title": "text", "price": "number", "shop": "category"}
SETTINGS = {"prepare.inputs.content.size": [8, 8], "prepare.inputs.content.codec": "png", "prepare.max_rejects": 0.2}
SMALL = {"width": 4, "depth": 1, "embedding": 8, "dense": 8}


def two_names(path: str) -> str:
    """Return the folder and the name of a file."""
    return "/".join(path.split("/")[-2:])


@pytest.fixture
def items(frame: DataFrame) -> DataFrame:
    """The photos with a title, a price and a shop each; a broken photo is among them."""
    number = F.length("content") % 5
    return frame.withColumns(
        {
            "title": F.concat(F.lit("a good "), F.col("animal")),
            "price": number + 0.5,
            "shop": F.concat(F.lit("shop "), number.cast("string")),
        }
    )


def test_columns_of_different_kinds_are_prepared_trained_and_predicted(
    items: DataFrame, notebook: SparkSession, tmp_path: Path
) -> None:
    table = headrace.prepare(
        items, str(tmp_path / "table"), inputs=INPUTS, outputs={"animal": "class"}, settings=SETTINGS
    )
    assert table.contract.input_names == ("content", "title", "row")
    assert [one["reason"] for one in table.rejects(notebook).collect()] == ["not_an_image"]
    again = headrace.prepare(
        items, str(tmp_path / "table"), inputs=INPUTS, outputs={"animal": "class"}, settings=SETTINGS
    )
    assert again.version == table.version
    rows: pd.DataFrame = table.pandas("train", decode=True)
    assert set(rows["title"]) <= {"a good cat", "a good dog"}
    assert np.asarray(rows["content"].iloc[0]).shape == (8, 8, 3)
    assert {"price", "shop"} <= set(rows)
    settings: dict[str, Any] = {"model.options": SMALL, "train.epochs": 1, "train.batch_size": 8}
    run = headrace.train(table, str(ROOT / "models/image_text.py"), str(tmp_path / "run"), settings=settings)
    predicted = run.bundle.transform(items).toPandas()
    assert len(predicted) == 41
    assert predicted["rejected"].notna().sum() == 1
    assert predicted["rejected"].dropna().iloc[0].startswith("not_an_image: content: ")
    # The rows of the table are the same records, prepared before.
    stored = pd.read_parquet(predict(Path(run.bundle.path), Path(table.path), tmp_path / "output")["output"])
    expected = dict(zip(stored["path"].map(two_names), stored["probabilities"], strict=True))
    usable = predicted[predicted["rejected"].isna()]
    found = dict(zip(usable["path"].map(two_names), usable["probabilities"], strict=True))
    assert found.keys() == expected.keys()
    assert all(found[name] == pytest.approx(expected[name], abs=1e-6) for name in found)


def test_column_whose_name_cannot_be_an_input_is_refused(items: DataFrame, tmp_path: Path) -> None:
    named = items.withColumnRenamed("title", "the title")
    inputs = {"content": "image", "the title": "text"}
    with pytest.raises(ConfigurationError, match="'the title' cannot name an input of a network; rename it"):
        headrace.prepare(named, str(tmp_path / "table"), inputs=inputs, outputs={"animal": "class"})
