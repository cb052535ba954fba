"""Column contracts and the Arrow schema of a prepared table."""

import pyarrow as pa

from headrace.config.configuration import Image, Prepare
from headrace.config.sections.windows import Windows
from headrace.contract import Column, Tokenizer
from headrace.prepare.encoders.encoding_door import encoding_door
from headrace.table.transaction_log import with_contract

CHANNELS = {"L": 1, "RGB": 3}
TYPES = {
    "string": pa.string(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float32": pa.float32(),
    "binary": pa.binary(),
}

IDENTITY = Column(role="identity", codec="plain", dtype="string")
LABEL = Column(role="target", codec="plain", dtype="int32")
WEIGHT = Column(role="weight", codec="plain", dtype="float32")


def image_columns(spec: Image) -> dict[str, Column]:
    """Return the columns of an image table; `split` is not a column, as the log keeps it per shard."""
    shape = (*spec.size, CHANNELS[spec.mode])
    return {
        "path": IDENTITY,
        "label": LABEL,
        "image": Column(role="input", codec=spec.stored_as, dtype="uint8", shape=shape),
        "content_hash": IDENTITY,
    }


def text_columns(tokenizer: Tokenizer, dtype: str) -> dict[str, Column]:
    """Return the columns of a table of token ids of `dtype`."""
    return {
        "path": IDENTITY,
        "label": LABEL,
        "tokens": Column(role="input", codec="tokens", dtype=dtype, shape=(None,)),
        "content_hash": IDENTITY,
    }


def window_columns(windows: Windows) -> dict[str, Column]:
    """Return the columns of a table of windows, (length, features)."""
    shape = (windows.length, len(windows.values))
    return {
        "path": IDENTITY,
        "label": LABEL,
        "window": Column(role="input", codec="raw", dtype="float32", shape=shape),
        "content_hash": IDENTITY,
    }


def with_bookkeeping(columns: dict[str, Column], settings: Prepare) -> dict[str, Column]:
    """Return `columns` with the task's target, weights, and what later preparations need to append rows.

    `channel_sums` holds the sum and the sum of squares of every channel as 64-bit integers, which keep the statistics
    exact when rows are added or removed. `perceptual_hash` and `minhash` are signatures to find near-duplicates.
    """
    extra: dict[str, Column] = {"label": encoding_door(settings.task).COLUMN}
    if settings.weights:
        extra["weight"] = WEIGHT
    if settings.input == "image":
        extra["channel_sums"] = IDENTITY.model_copy(update={"dtype": "binary"})
    if settings.near_duplicates is not None:
        image = settings.input == "image"
        extra["perceptual_hash" if image else "minhash"] = IDENTITY.model_copy(
            update={"dtype": "int64" if image else "binary"}
        )
    return columns | extra


def staged_text_columns(settings: Prepare) -> dict[str, Column]:
    """Return the columns of clean texts that are not tokenized yet."""
    columns = {"path": IDENTITY, "label": LABEL, "text": IDENTITY, "content_hash": IDENTITY}
    return with_bookkeeping(columns, settings)


def arrow_schema(columns: dict[str, Column]) -> pa.Schema:
    """Return the schema of a shard: the columns in order, each with its contract in its field metadata."""
    fields = [pa.field(name, _arrow_type(column), nullable=False) for name, column in columns.items()]
    return pa.schema([with_contract(field, columns[field.name]) for field in fields])


def _arrow_type(column: Column) -> pa.DataType:
    return TYPES[column.dtype] if column.codec == "plain" else pa.binary()
