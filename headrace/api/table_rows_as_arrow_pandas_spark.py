"""Rows of a table for pandas and Spark, with names of labels and, on request, decoded inputs."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
import pyarrow as pa
from numpy.typing import NDArray

from headrace.contract import Column
from headrace.convert.decoded_shard_rows import arrow_rows, is_bookkeeping, require_distinct_names
from headrace.spark.arrow_to_spark_type_name import spark_type
from headrace.table import Shard, Version
from headrace.targets.true_target_output_column_interface import targets_module

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import DataFrame, SparkSession

# Rows that Spark receives at once; a decoded image may have a megabyte.
ROWS_AT_ONCE = 64
# Types of Spark by those of stored numbers; it has no unsigned ones.
SPARK_TYPES = {"uint8": "smallint", "int16": "smallint", "float32": "float"}
# Pillow's mode, its name for OpenCV's order of bytes, and OpenCV's type, by the number of channels.
OPEN_CV = {1: ("L", "L", 0), 3: ("RGB", "BGR", 16)}
IMAGE = "struct<origin: string, height: int, width: int, nChannels: int, mode: int, data: binary>"
IMAGE_TYPE = pa.struct(
    [
        ("origin", pa.string()),
        *((name, pa.int32()) for name in ("height", "width", "nChannels", "mode")),
        ("data", pa.binary()),
    ]
)

# Spark's types of cells.
CELL_TYPES = {"number": "float", "category": "string", "vector": "array<float>"}


def pandas_rows(rows: pa.Table) -> "pd.DataFrame":
    """Return rows of `arrow_rows`, with arrays of NumPy where they have tensors."""
    tensors = {name: rows[name] for name in rows.column_names if isinstance(rows[name].type, pa.FixedShapeTensorType)}
    frame: pd.DataFrame = rows.drop_columns(list(tensors)).to_pandas()
    for name, column in tensors.items():
        arrays = [array for chunk in column.chunks for array in chunk.to_numpy_ndarray()]
        frame.insert(rows.column_names.index(name), name, arrays)
    return frame


def spark_rows(spark: "SparkSession", version: Version, split: str, *, decode: bool) -> "DataFrame":
    """Return the rows of a split, read by one task per shard."""
    if decode:
        require_distinct_names(version.contract)
    shards = version.split(split)
    numbers = spark.createDataFrame([(number,) for number in range(len(shards))], "shard int")
    fields = ", ".join(f"`{name}` {kind}" for name, kind in _spark_types(version, decode=decode).items())
    return numbers.repartition(len(shards), "shard").mapInArrow(partial(_read, version, shards, decode), fields)


def _spark_types(version: Version, *, decode: bool) -> dict[str, str]:
    """Return the columns of `spark_rows` and their types."""
    contract, types = version.contract, dict[str, str]()
    plain = {"binary": "binary", "string": "string", "float32": "float", "int64": "bigint", "int32": "int"}
    for name, column in contract.columns.items():
        if is_bookkeeping(name, column):
            continue
        if column.role == "target":
            types[name] = spark_type(targets_module(contract.task).TYPE)
        elif column.role != "input":
            types[name] = plain[column.dtype]
        elif not decode:
            types[name] = "binary"
        elif cells := contract.input_specs[name].cell_types:
            types |= {cell: CELL_TYPES[kind] for cell, kind in cells.items()}
        elif column.codec == "tokens":
            types[name] = "string"
        elif _is_image(column):
            types[name] = IMAGE
        else:
            kind = SPARK_TYPES[column.dtype]
            for _ in column.shape:
                kind = f"array<{kind}>"
            types[name] = kind
    return types


def _read(
    version: Version, shards: tuple[Shard, ...], decode: bool, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for number in batch.column(0).to_pylist():
            rows = arrow_rows(version, shards[number], decode=decode)
            for begin in range(0, rows.num_rows, ROWS_AT_ONCE):
                yield from _plain(version, rows.slice(begin, ROWS_AT_ONCE)).combine_chunks().to_batches()


def _plain(version: Version, rows: pa.Table) -> pa.Table:
    """Return rows without tensors, which Spark does not know: images as its structs, other arrays as lists."""
    for at, name in enumerate(rows.column_names):
        if isinstance(rows[name].type, pa.FixedShapeTensorType):
            arrays = [array for chunk in rows[name].chunks for array in chunk.to_numpy_ndarray()]
            paths = rows["path"].to_pylist()
            is_image = _is_image(version.contract.columns[name])
            cells = list(map(_image, paths, arrays)) if is_image else [array.tolist() for array in arrays]
            kind = IMAGE_TYPE if is_image else _list_type(version.contract.columns[name])
            rows = rows.set_column(at, name, pa.array(cells, kind))
    return rows


def _is_image(column: Column) -> bool:
    """Return whether Spark's image schema can hold the values: (height, width, channels) of bytes."""
    return column.dtype == "uint8" and len(column.shape) == 3


def _list_type(column: Column) -> pa.DataType:
    kind = pa.float32() if column.dtype == "float32" else pa.int16()
    for _ in column.shape:
        kind = pa.list_(kind)
    return kind


def _image(path: str, pixels: NDArray[np.uint8]) -> dict[str, Any]:
    height, width, channels = pixels.shape
    mode, order, kind = OPEN_CV[channels]
    data = PIL.Image.fromarray(pixels.squeeze(2) if channels == 1 else pixels, mode).tobytes("raw", order)
    return {"origin": path, "height": height, "width": width, "nChannels": channels, "mode": kind, "data": data}
