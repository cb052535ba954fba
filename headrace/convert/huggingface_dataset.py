"""Data sets of Hugging Face: Parquet files, whose metadata and card say what `datasets` reads from them."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from headrace.convert.conversion import Conversion, WrittenSplit, describe_inputs
from headrace.convert.fields_and_rows import INDEX, Field, class_indices
from headrace.convert.numbered_files import Item, Limits, add_count_to_names, write_files

LIMITS = Limits(rows=1_000_000, size=256 * 2**20)
DATA = "data"
PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
# A feature of `datasets`, as the metadata of Parquet has it.
Feature = dict[str, Any]


def write_split(conversion: Conversion, rows: Iterator[pa.RecordBatch], folder: Path, split: str) -> list[Path]:
    """See `FormatInterface`."""
    (folder / DATA).mkdir(exist_ok=True)
    schema = _schema(conversion)
    items = (Item(batch.num_rows, batch.nbytes, batch) for batch in _batches(conversion, rows, split, schema))

    def write(path: Path, batches: Iterator[pa.RecordBatch]) -> None:
        with pq.ParquetWriter(path, schema) as writer:
            for batch in batches:
                writer.write_batch(batch)

    return add_count_to_names(write_files(items, LIMITS, lambda n: folder / DATA / f"{split}-{n:05d}.parquet", write))


def _batches(
    conversion: Conversion, rows: Iterator[pa.RecordBatch], split: str, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    first = 0
    for batch in rows:
        columns = dict[str, pa.Array]()
        for field in conversion.fields:
            columns |= _columns(conversion, field, batch.column(field.name), f"{split}-{{:09d}}", first)
        yield pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)
        first += batch.num_rows


def _columns(conversion: Conversion, field: Field, values: pa.Array, name: str, first: int) -> dict[str, pa.Array]:
    """Return the columns of a field by name; names of items have one of their indices beside them."""
    if field.value_type == "picture":
        paths = [f"{name.format(row)}.{field.suffix}" for row in range(first, first + len(values))]
        return {field.name: pa.StructArray.from_arrays([values, pa.array(paths)], fields=list(PICTURE))}
    if field.value_type == "array":
        return {field.name: _nested_lists(np.asarray(values.flatten()), field.shape, len(values))}
    if field.value_type not in ("class", "classes"):
        return {field.name: values}
    indices = class_indices(values, conversion.classes)
    if conversion.version.contract.target.has_items:
        return {field.name: values, field.name + INDEX: indices}
    return {field.name: indices}


def _nested_lists(numbers: Any, shape: tuple[int, ...], rows: int) -> pa.Array:
    """Return arrays, one after the other in `numbers`, as lists of lists, the last axis innermost."""
    found = pa.array(numbers)
    for axis in reversed(range(len(shape))):
        lists = rows * math.prod(shape[:axis])
        found = pa.ListArray.from_arrays(pa.array(np.arange(lists + 1, dtype=np.int32) * shape[axis]), found)
    return found


def _schema(conversion: Conversion) -> pa.Schema:
    features = _features(conversion)
    metadata = {"huggingface": json.dumps({"info": {"features": features}}, ensure_ascii=False)}
    return pa.schema([(name, _arrow_type(feature)) for name, feature in features.items()], metadata)


def _features(conversion: Conversion) -> dict[str, Feature]:
    """Return the features of `datasets` by column."""
    found = dict[str, Feature]()
    for field in conversion.fields:
        if field.value_type in ("class", "classes") and conversion.version.contract.target.has_items:
            # A list of 100,000 names in the card and in each file is no help.
            found |= {field.name: _value("string"), field.name + INDEX: _value("int64")}
        else:
            found[field.name] = _feature(field, conversion.classes)
    return found


def _feature(field: Field, classes: tuple[str, ...]) -> Feature:
    label = {"names": list(classes), "_type": "ClassLabel"}
    match field.value_type:
        case "picture":
            return {"_type": "Image"}
        case "class":
            return label
        case "classes":
            return _sequence(label)
        case "text":
            return _value("string")
    feature = _value(field.dtype)
    for _ in field.shape:
        feature = _sequence(feature)
    return feature


def _value(dtype: str) -> Feature:
    return {"dtype": dtype, "_type": "Value"}


def _sequence(feature: Feature) -> Feature:
    # Releases of `datasets` before 4 do not know its newer name, List; later ones know both.
    return {"feature": feature, "_type": "Sequence"}


def _arrow_type(feature: Feature) -> pa.DataType:
    match feature["_type"]:
        case "Image":
            return PICTURE
        case "ClassLabel":
            return pa.int64()
        case "Sequence":
            return pa.list_(_arrow_type(feature["feature"]))
    return pa.type_for_alias(feature["dtype"])


def write_description(conversion: Conversion, folder: Path, splits: dict[str, WrittenSplit]) -> None:
    """Write the card: what `load_dataset` reads is in its YAML."""
    head = yaml.safe_dump(_card(conversion, splits), allow_unicode=True, sort_keys=False)
    (folder / "README.md").write_text(f"---\n{head}---\n\n{_text(conversion, splits)}", "utf-8")


def _card(conversion: Conversion, splits: dict[str, WrittenSplit]) -> dict[str, Any]:
    files = {name: f"{DATA}/{name}-*" for name in splits}
    return {
        "dataset_info": {
            "features": [{"name": name} | _in_card(one) for name, one in _features(conversion).items()],
            "splits": [{"name": name, "num_bytes": one.size, "num_examples": one.rows} for name, one in splits.items()],
            "download_size": sum(file.stat().st_size for one in splits.values() for file in one.files),
            "dataset_size": sum(one.size for one in splits.values()),
        },
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": name, "path": pattern} for name, pattern in files.items()],
            }
        ],
    }


def _in_card(feature: Feature) -> dict[str, Any]:
    """Return a feature as the YAML of a card has it."""
    if feature["_type"] == "Sequence":
        inner = _in_card(feature["feature"])
        return {"sequence": inner.get("dtype", inner)}
    if feature["_type"] == "ClassLabel":
        names = {str(index): name for index, name in enumerate(feature["names"])}
        return {"dtype": {"class_label": {"names": names}}}
    return {"dtype": "image" if feature["_type"] == "Image" else feature["dtype"]}


def _text(conversion: Conversion, splits: dict[str, WrittenSplit]) -> str:
    version = conversion.version
    first = next(iter(splits))
    lines = [
        f"# {version.table.name}",
        "",
        f"Version {version.number} of a table of {version.contract.feature.noun}, written by `headrace convert`.",
        "",
        "```python",
        "from datasets import load_dataset",
        "",
        f'dataset = load_dataset("path/of/this/folder", split="{first}")',
        "```",
        "",
    ]
    inputs = json.dumps(describe_inputs(conversion), ensure_ascii=False, indent=1)
    lines += ["The inputs, with the statistics of the training split:", "", "```json", inputs, "```", ""]
    if version.contract.target.is_per_pixel:
        classes = (f"- {index}: {name}" for index, name in enumerate(conversion.classes))
        lines += ["The values of masks are class indices, 255 for pixels without a class:", "", *classes, ""]
    return "\n".join(lines)
