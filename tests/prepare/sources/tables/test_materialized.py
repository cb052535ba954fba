"""A data set that Petastorm itself materialised, with real Spark, gives the pixels that its own reader gives."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark.sql import SparkSession
from pyspark.sql.types import IntegerType, StringType

from headrace.prepare.job import prepare
from headrace.prepare.sources.tables.petastorm_datasets.petastorm_codec_resolution import FILE, KEY
from headrace.prepare.sources.tables.petastorm_datasets.unischema_parser import Field, parse_unischema
from headrace.storage.open_parquet import open_parquet
from headrace.table import Version, read
from tests.prepare.sources.tables.petastorm_datasets.test_petastorm_codec_resolution import configured
from tests.support.petastorm_data import (
    CompressedImageCodec,
    CompressedNdarrayCodec,
    NdarrayCodec,
    ScalarCodec,
    Unischema,
    UnischemaField,
    read_whole,
)
from tests.support.raw_images import noise_image, read_rows

pytestmark = pytest.mark.petastorm

CODECS = {
    "png": CompressedImageCodec("png"),
    "jpeg": CompressedImageCodec("jpeg", 90),
    "ndarray": NdarrayCodec(),
    "compressed_ndarray": CompressedNdarrayCodec(),
}
CLASSES = ("01", "02")
SHAPES: dict[int, tuple[int | None, ...]] = {1: (8, 8), 3: (None, None, 3)}


def make_schema(channels: int) -> Any:
    fields = [UnischemaField(name, np.uint8, SHAPES[channels], codec, name == "png") for name, codec in CODECS.items()]
    scalars = [
        UnischemaField("number", np.int32, (), ScalarCodec(IntegerType()), False),
        UnischemaField("animal", np.str_, (), ScalarCodec(StringType()), False),
    ]
    return Unischema("Photos", [*scalars, *fields])


def materialize(spark: SparkSession, folder: Path, channels: int, partition: bool) -> Any:
    """24 images under every codec; its PNG column has one null."""
    from petastorm.etl.dataset_metadata import materialize_dataset
    from petastorm.unischema import dict_to_spark_row

    schema = make_schema(channels)
    rows = [
        {name: np.asarray(noise_image(8, 8, channels, seed=number)) for name in CODECS}
        | {"number": number, "animal": CLASSES[number % 2]}
        | ({"png": None} if number == 23 else {})
        for number in range(24)
    ]
    with materialize_dataset(spark, f"file://{folder}", schema, row_group_size_mb=1):
        encoded = spark.sparkContext.parallelize([dict_to_spark_row(schema, row) for row in rows], 2)
        writer = spark.createDataFrame(encoded, schema.as_spark_schema()).write
        (writer.partitionBy("animal") if partition else writer).parquet(f"file://{folder}")
    return schema


def read_by_petastorm(folder: Path, column: str) -> dict[int, np.ndarray[Any, Any]]:
    from petastorm import make_reader

    def rows() -> dict[int, np.ndarray[Any, Any]]:
        with make_reader(f"file://{folder}", schema_fields=["number", column], num_epochs=1) as reader:
            return {int(row.number): getattr(row, column) for row in reader}

    return read_whole(rows, 24)


def read_by_headrace(version: Version) -> dict[int, np.ndarray[Any, Any]]:
    shape = version.contract.columns["image"].image_shape
    rows = read_rows(version)
    assert all(
        version.contract.classes[row["label"]] == CLASSES[int(row["path"].rpartition("/")[2]) % 2] for row in rows
    )
    return {int(row["path"].rpartition("/")[2]): np.frombuffer(row["image"], np.uint8).reshape(shape) for row in rows}


@pytest.mark.parametrize("partition", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_are_those_of_petastorms_own_reader(
    spark: SparkSession, tmp_path: Path, channels: int, partition: bool
) -> None:
    raw = tmp_path / "raw"
    materialize(spark, raw, channels, partition)
    image = {"mode": "L" if channels == 1 else "RGB", "size": [8, 8], "codec": "raw"}
    for codec in CODECS:
        source = {"columns": {"input": codec, "label": "animal", "identity": "number"}}
        table = tmp_path / f"table-{codec}"
        answer = prepare(configured(raw, table, source, image=image))
        found, theirs = read_by_headrace(read(table)), read_by_petastorm(raw, codec)
        assert answer["rejects"] == ({"empty": 1} if codec == "png" else {})
        assert sorted(found) == [number for number, pixels in sorted(theirs.items()) if pixels is not None]
        for number, pixels in found.items():
            assert np.array_equal(pixels, theirs[number].reshape(pixels.shape))


def test_schema_equals_the_one_that_petastorm_unpickles(spark: SparkSession, tmp_path: Path) -> None:
    from petastorm.etl.dataset_metadata import get_schema_from_dataset_url

    materialize(spark, tmp_path / "raw", 3, partition=False)
    with open_parquet(tmp_path / "raw" / FILE) as file:
        found = parse_unischema(file.metadata.metadata[KEY])
    theirs = get_schema_from_dataset_url(f"file://{tmp_path / 'raw'}")
    assert list(found.values()) == [
        Field(one.name, one.numpy_dtype.__name__, one.shape, type(one.codec).__name__, one.nullable)
        for one in theirs.fields.values()
    ]
