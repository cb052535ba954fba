"""The columns of a prepared image table and of its rejects table."""

import pyarrow as pa

from headrace.config.sections import Image
from headrace.schema import Column
from headrace.table.log import with_contract

CHANNELS = {"L": 1, "RGB": 3}


def image_columns(form: Image) -> dict[str, Column]:
    """What each stored column is for; `split` is not among them, the log keeps it per shard."""
    shape = (*form.size, CHANNELS[form.mode])
    return {
        "path": Column(role="identity", codec="plain", dtype="string"),
        "label": Column(role="target", codec="plain", dtype="int32"),
        "image": Column(role="input", codec=form.codec, dtype="uint8", shape=shape),
        "content_hash": Column(role="identity", codec="plain", dtype="string"),
    }


def arrow_schema(columns: dict[str, Column]) -> pa.Schema:
    """Of one shard: the columns in order, each with its contract in its metadata."""
    types = {"string": pa.string(), "int32": pa.int32(), "uint8": pa.binary()}
    fields = [pa.field(name, types[column.dtype], nullable=False) for name, column in columns.items()]
    return pa.schema([with_contract(field, columns[field.name]) for field in fields])
