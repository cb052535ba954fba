"""TFRecord files of `tf.train.Example`, and a file that says how to parse them; imports TensorFlow."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import tensorflow as tf

from headrace.convert.conversion import Conversion, WrittenSplit, describe
from headrace.convert.fields_and_rows import INDEX, Field, row_values
from headrace.convert.numbered_files import Item, Limits, add_count_to_names, write_files

LIMITS = Limits(rows=100_000, size=128 * 2**20)


def write_split(conversion: Conversion, rows: Iterator[pa.RecordBatch], folder: Path, split: str) -> list[Path]:
    """See `FormatInterface`."""
    types = {name: one["dtype"] for field in conversion.fields for name, one in _parsing(field).items()}
    values = (row for batch in rows for row in row_values(batch, conversion.fields, conversion.classes))
    examples = (_example(row, types) for row in values)
    items = (Item(1, len(example), example) for example in examples)
    return add_count_to_names(write_files(items, LIMITS, lambda n: folder / f"{split}-{n:05d}.tfrecord", _write))


def _write(path: Path, examples: Iterator[bytes]) -> None:
    with tf.io.TFRecordWriter(str(path)) as writer:
        for example in examples:
            writer.write(example)


def _example(row: dict[str, Any], types: dict[str, str]) -> bytes:
    features = {name: _feature(value, types[name]) for name, value in row.items()}
    data: bytes = tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString(deterministic=True)
    return data


def _feature(value: Any, dtype: str) -> Any:
    """Return a value, or several, as a feature of TensorFlow's type `dtype`; missing numbers are NaN, texts empty."""
    values = value.ravel().tolist() if isinstance(value, np.ndarray) else value if isinstance(value, list) else [value]
    match dtype:
        case "string":
            encoded = [one.encode() if isinstance(one, str) else one or b"" for one in values]
            return tf.train.Feature(bytes_list=tf.train.BytesList(value=encoded))
        case "int64":
            return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
    numbers = [math.nan if one is None else one for one in values]
    return tf.train.Feature(float_list=tf.train.FloatList(value=numbers))


def write_description(conversion: Conversion, folder: Path, splits: dict[str, WrittenSplit]) -> None:
    """Write `features.json`: type and shape of each feature, the classes, and the files of each split."""
    features = {name: one for field in conversion.fields for name, one in _parsing(field).items()}
    text = json.dumps(describe(conversion, folder, splits) | {"features": features}, ensure_ascii=False, indent=1)
    (folder / "features.json").write_text(f"{text}\n", "utf-8")


def _parsing(field: Field) -> dict[str, dict[str, Any]]:
    """Return type, shape and content of each feature of a column; the shape is null where lengths differ by row."""
    match field.value_type:
        case "picture":
            shape = f"({', '.join(map(str, field.shape))})"
            content = f"file of {'JPEG' if field.suffix == 'jpg' else 'PNG'}, pixels {shape}"
            return {field.name: {"dtype": "string", "shape": [], "content": content}}
        case "text":
            return {field.name: {"dtype": "string", "shape": [], "content": "text in UTF-8"}}
        case "class" | "classes":
            length: list[int] | None = [] if field.value_type == "class" else None
            return {
                field.name: {"dtype": "string", "shape": length, "content": "name of the class"},
                field.name + INDEX: {"dtype": "int64", "shape": length, "content": "index of the class"},
            }
    dtype = "float32" if field.dtype == "float32" else "int64"
    return {field.name: {"dtype": dtype, "shape": list(field.shape), "content": f"numbers of {field.dtype}"}}
