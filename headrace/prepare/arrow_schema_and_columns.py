"""Column contracts and the Arrow schema of a prepared table."""

from collections.abc import Mapping

import pyarrow as pa

from headrace.config.configuration_model import Prepare
from headrace.contract import Column
from headrace.prepare.encoders.label_encoder_interface import label_encoder_module
from headrace.table.transaction_log import with_contract

TYPES = {
    "string": pa.string(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float32": pa.float32(),
    "binary": pa.binary(),
}

IDENTITY = Column(role="identity", codec="plain", dtype="string")
WEIGHT = Column(role="weight", codec="plain", dtype="float32")


def record_columns(inputs: dict[str, Column], settings: Prepare) -> dict[str, Column]:
    """Return the columns of a table: identity, target, `inputs`, content hash, and weights if there are any.

    `split` is not a column, as the log keeps it per shard.
    """
    columns = {
        "path": IDENTITY,
        "label": label_encoder_module(settings.task).COLUMN,
        **inputs,
        "content_hash": IDENTITY,
    }
    return columns | ({"weight": WEIGHT} if settings.weights else {})


def with_target(columns: Mapping[str, Column], target: Column | None) -> dict[str, Column]:
    """Return `columns` with the column of the targets in place of the one without a fixed shape; None keeps it."""
    return {name: target if target and column.role == "target" else column for name, column in columns.items()}


def arrow_schema(columns: dict[str, Column]) -> pa.Schema:
    """Return the schema of a shard: the columns in order, each with its contract in its field metadata."""
    fields = [pa.field(name, _arrow_type(column), nullable=False) for name, column in columns.items()]
    return pa.schema([with_contract(field, columns[field.name]) for field in fields])


def _arrow_type(column: Column) -> pa.DataType:
    return TYPES[column.dtype] if column.codec == "plain" else pa.binary()
