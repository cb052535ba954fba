"""The rejects table beside a table: each record that was not written, and why."""

from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from headrace.errors import DataError

SCHEMA = pa.schema(
    [
        pa.field("path", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("detail", pa.string(), nullable=False),
    ]
)


class Reject(NamedTuple):
    """One record that was not written.

    Attributes:
        path: relative to the source's folder.
        reason: one of a closed list, such as `damaged`.
        detail: what was wrong with this record, in words.
    """

    path: str
    reason: str
    detail: str


def rejects_path(table: Path) -> Path:
    """Where the rejects of `table` are."""
    return table.with_name(table.name + ".rejects")


def read_rejects(table: Path, version: int, limit: int) -> list[Reject]:
    """At most `limit` rejects, in the order of their shards; no more rows are read than that takes.

    Args:
        version: of the rejects table, as `Summary.rejects_version` has it.
        limit: 1 or more.

    Raises:
        DataError: the rejects table, or this version of it, is no longer there.
    """
    folder = rejects_path(table)
    rejects: list[Reject] = []
    try:
        # Not `file_uris`: it escapes spaces and the like in the folder's name, and pyarrow does not undo that.
        actions = pa.table(DeltaTable(folder, version=version).get_add_actions(flatten=True))
        for shard in sorted(actions["path"].to_pylist()):
            rejects += _first(folder / shard, limit - len(rejects))
            if len(rejects) == limit:
                break
    except (DeltaError, OSError, pa.ArrowInvalid) as error:
        raise DataError(
            f"Version {version} of the rejects table {folder} cannot be read: {' '.join(str(error).split())}"
        ) from error
    return rejects


def _first(shard: Path, limit: int) -> list[Reject]:
    with pq.ParquetFile(shard) as file:
        batch = next(file.iter_batches(batch_size=limit, columns=SCHEMA.names), None)
    return [] if batch is None else [Reject(**row) for row in batch.to_pylist()]
