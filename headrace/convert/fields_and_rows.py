"""What each column of converted rows holds, whatever the format, and the rows of a split in the table's order."""

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from PIL import Image

from headrace.contract import Column, Contract
from headrace.convert.decoded_shard_rows import arrow_rows, is_bookkeeping, is_picture
from headrace.errors import ConfigurationError
from headrace.stream.read.verified_shard_opening import check_rows
from headrace.table import Shard, Version
from headrace.wording import join_names

ValueType = Literal["picture", "text", "number", "array", "class", "classes"]
# Rows, and their decoded bytes, that are in memory once more, as values of the new format; also a row group of Parquet.
MAX_ROWS_AT_ONCE, MAX_BYTES_AT_ONCE = 1000, 128 * 2**20
SUFFIXES = {"raw": "png", "png": "png", "jpeg": "jpg"}
CELL_VALUE_TYPES: dict[str, ValueType] = {"number": "number", "category": "text", "vector": "array"}
# What the name of a target's column is followed by in the name of the column of its class indices.
INDEX = "_index"
# A single text has the name of what it is in the new format, and not that of its tokens in the table.
TEXT = "text"


@dataclass(frozen=True, kw_only=True)
class Field:
    """One column of converted rows.

    Attributes:
        column: name in `Table.arrow`, with decoded inputs.
        name: name in the new format.
        value_type: `picture`: the file of an image, or of a mask of class indices, 255 for none; `text`; `number`;
            `array`: numbers of one shape; `class`: the name of a class; `classes`: names of any number of classes.
        dtype: NumPy's type of numbers.
        shape: of arrays, and of the pixels of pictures.
        suffix: of a picture's file: `png` or `jpg`.
        is_input: whether the value is an input as a whole, and not a cell of one.
    """

    column: str
    name: str
    value_type: ValueType
    dtype: str = ""
    shape: tuple[int, ...] = ()
    suffix: str = ""
    is_input: bool = False


def list_fields(contract: Contract) -> tuple[Field, ...]:
    """Return the columns of converted rows, in the table's order.

    Raises:
        ConfigurationError: two of them have the same name.
    """
    columns = ((name, column) for name, column in contract.columns.items() if not is_bookkeeping(name, column))
    fields = tuple(field for name, column in columns for field in _fields(contract, name, column))
    names = [field.name for field in fields]
    names += [field.name + INDEX for field in fields if field.value_type in ("class", "classes")]
    if twice := sorted({repr(name) for name in names if names.count(name) > 1}):
        raise ConfigurationError(
            f"Converted rows would have two columns named {join_names(twice)}. Rename the source's column, and prepare "
            "the table again."
        )
    return fields


def _fields(contract: Contract, name: str, column: Column) -> list[Field]:
    if column.role == "target":
        return [_target_field(contract, name, column)]
    if column.role == "input":
        # Named inputs keep the name that a network receives them under.
        new = TEXT if column.codec == "tokens" and not contract.is_record else name
        return [replace(one, name=new) if one.is_input else one for one in _input_fields(contract, name, column)]
    if column.dtype == "string":
        return [Field(column=name, name=name, value_type="text")]
    return [Field(column=name, name=name, value_type="number", dtype=column.dtype)]


def _target_field(contract: Contract, name: str, column: Column) -> Field:
    target = contract.target
    if target.is_per_pixel:
        return Field(column=name, name=name, value_type="picture", shape=column.fixed_shape, suffix="png")
    if target.has_classes:
        return Field(column=name, name=name, value_type="class" if target.has_one_class else "classes")
    if column.shape:
        return Field(column=name, name=name, value_type="array", dtype="float32", shape=column.fixed_shape)
    return Field(column=name, name=name, value_type="number", dtype="float32")


def _input_fields(contract: Contract, name: str, column: Column) -> list[Field]:
    """Return the columns of an input; cells become one column each."""
    if cells := contract.input_specs[name].cell_types:
        return [_cell_field(cell, CELL_VALUE_TYPES[kind], column) for cell, kind in cells.items()]
    if column.codec == "tokens":
        return [Field(column=name, name=name, value_type="text", is_input=True)]
    shape = column.fixed_shape
    if is_picture(contract, name):
        suffix = SUFFIXES[column.codec]
        return [Field(column=name, name=name, value_type="picture", shape=shape, suffix=suffix, is_input=True)]
    return [Field(column=name, name=name, value_type="array", dtype=column.dtype, shape=shape, is_input=True)]


def _cell_field(cell: str, value_type: ValueType, column: Column) -> Field:
    shape = column.fixed_shape if value_type == "array" else ()
    dtype = "" if value_type == "text" else "float32"
    return Field(column=cell, name=cell, value_type=value_type, dtype=dtype, shape=shape)


def read_rows(version: Version, split: str, fields: tuple[Field, ...]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a split in the table's order, with the columns `fields` under their new names.

    Pictures are the bytes of their files, arrays lists of fixed size of all their numbers, classes their names.

    Raises:
        DataError: the version has no row of the split, or a shard is damaged.
    """
    most = rows_at_once(version.contract)
    for shard in version.split(split):
        rows = _read_shard(version, shard)
        for begin in range(0, rows.num_rows, most):
            chosen = rows.slice(begin, most)
            arrays = [_convert(chosen[field.column].chunk(0), field, version.contract) for field in fields]
            yield pa.RecordBatch.from_arrays(arrays, [field.name for field in fields])


def rows_at_once(contract: Contract) -> int:
    """Return how many rows are converted at once: fewer of large inputs, as Arrow's offsets end at 2 GB."""
    shaped = (column for column in contract.columns.values() if column.shape and None not in column.shape)
    size = sum(math.prod(column.fixed_shape) * np.dtype(column.dtype).itemsize for column in shaped)
    return max(1, min(MAX_ROWS_AT_ONCE, MAX_BYTES_AT_ONCE // max(1, size)))


def _read_shard(version: Version, shard: Shard) -> pa.Table:
    rows = arrow_rows(version, shard, decode=True, decode_pictures=False)
    check_rows(version.table, shard, rows.num_rows)
    return rows


def _convert(values: pa.Array, field: Field, contract: Contract) -> pa.Array:
    if field.value_type == "picture":
        return pa.array([_picture_file(one, field, contract) for one in values.to_pylist()], pa.binary())
    if field.value_type == "array":
        numbers = values.to_numpy_ndarray() if isinstance(values, pa.FixedShapeTensorArray) else values.flatten()
        flat = np.ascontiguousarray(numbers).ravel()
        return pa.FixedSizeListArray.from_arrays(pa.array(flat), math.prod(field.shape))
    return values


def _picture_file(stored: bytes, field: Field, contract: Contract) -> bytes:
    """Return the file of a picture: an image as it is stored, raw pixels and masks as PNG.

    The masks of `Table.arrow` have a palette, which decoders would turn into colours.
    """
    column = contract.columns[field.column]
    if column.role == "target":
        with Image.open(io.BytesIO(stored)) as mask:
            return _png(np.asarray(mask))
    if column.codec == "raw":
        pixels = np.frombuffer(stored, np.uint8).reshape(field.shape)
        return _png(pixels.squeeze(2) if field.shape[2] == 1 else pixels)
    return stored


def _png(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


def class_indices(names: pa.Array, classes: tuple[str, ...]) -> pa.Array:
    """Return the class indices, int64, of a column of names, or of one of lists of names."""
    known = pa.array(classes, pa.string())
    if not pa.types.is_list(names.type):
        return pc.index_in(names, known).cast(pa.int64())
    offsets = names.offsets.to_numpy()
    return pa.ListArray.from_arrays(offsets - offsets[0], pc.index_in(names.flatten(), known).cast(pa.int64()))


def row_values(rows: pa.RecordBatch, fields: tuple[Field, ...], classes: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Yield the values of each row by name: bytes, texts, numbers, arrays of NumPy, and class names beside indices."""
    columns = dict[str, Any]()
    for field in fields:
        values = rows.column(field.name)
        if field.value_type == "array":
            columns[field.name] = np.asarray(values.flatten()).reshape(-1, *field.shape)
        else:
            columns[field.name] = values.to_pylist()
        if field.value_type in ("class", "classes"):
            columns[field.name + INDEX] = class_indices(values, classes).to_pylist()
    for row in zip(*columns.values(), strict=True):
        yield dict(zip(columns, row, strict=True))
