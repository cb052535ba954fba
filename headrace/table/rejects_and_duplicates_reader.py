"""Read the tables of rejects and duplicates: every dropped record, and why."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from headrace.errors import DataError
from headrace.storage.open_parquet import open_parquet
from headrace.table.open_or_refuse_delta_table import delta_address
from headrace.table.shard_writer import Shard

SCHEMA = pa.schema(
    [
        pa.field("path", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("detail", pa.string(), nullable=False),
    ]
)


REJECTS = ".rejects"
DUPLICATES = ".duplicates"


class Reject(NamedTuple):
    """One record that was not written.

    Attributes:
        path: relative to the source's folder.
        reason: one of a closed list, such as `damaged`.
        detail: description of what is wrong with this record.
    """

    path: str
    reason: str
    detail: str


class Duplicate(NamedTuple):
    """One record that was dropped because it equals another.

    Attributes:
        path: relative to the source's folder.
        kind: `exact` or `near`.
        kept: path of the record that was kept instead.
    """

    path: str
    kind: str
    kept: str


DUPLICATES_SCHEMA = pa.schema(
    [
        pa.field("path", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("kept", pa.string(), nullable=False),
    ]
)


def duplicates_path(table: Path) -> Path:
    """Return the duplicates table of `table`: path, kind (`exact` or `near`), and path of the record kept instead."""
    return table.with_name(table.name + DUPLICATES)


def rejects_path(table: Path) -> Path:
    """Return the path of the rejects table of `table`."""
    return table.with_name(table.name + REJECTS)


def read_rejects(table: Path, version: int, limit: int) -> list[Reject]:
    """Return at most `limit` rejects, in shard order, without reading more rows than needed.

    Args:
        version: version of the rejects table, from `Summary.rejects_version`.
        limit: 1 or more.

    Raises:
        DataError: the rejects table, or this version of it, no longer exists.
    """
    return [Reject(**row) for row in _read_rows(rejects_path(table), version, SCHEMA.names, limit)]


def read_duplicates(table: Path, version: int, limit: int) -> list[Duplicate]:
    """Return at most `limit` dropped duplicates, as `read_rejects` does.

    Args:
        version: version of the duplicates table, from `Summary.duplicates_version`.

    Raises:
        DataError: the duplicates table, or this version of it, no longer exists.
    """
    return [Duplicate(**row) for row in _read_rows(duplicates_path(table), version, DUPLICATES_SCHEMA.names, limit)]


def read_dropped(table: Path, shards: Sequence[Shard]) -> dict[str, str]:
    """Return the path of the kept record by the path of its dropped duplicate, from duplicates `shards`."""
    kept: dict[str, str] = {}
    for shard in shards:
        with open_parquet(duplicates_path(table) / shard.path) as file:
            rows = file.read(["path", "kept"])
        kept.update(zip(rows["path"].to_pylist(), rows["kept"].to_pylist(), strict=True))
    return kept


def _read_rows(folder: Path, version: int, columns: list[str], limit: int) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    try:
        # Not `file_uris`: it escapes spaces and the like in the folder's name, and pyarrow does not undo that.
        address, options = delta_address(folder)
        delta = DeltaTable(address, version=version, storage_options=options)
        for shard in sorted(delta.get_add_actions(flatten=True)["path"].to_pylist()):
            rows += _first(folder / shard, columns, limit - len(rows))
            if len(rows) == limit:
                break
    except (DeltaError, OSError, pa.ArrowInvalid) as error:
        name = folder.suffix.removeprefix(".")
        raise DataError(
            f"Version {version} of the {name} table {folder} cannot be read: {' '.join(str(error).split())}"
        ) from error
    return rows


def _first(shard: Path, columns: list[str], limit: int) -> list[dict[str, str]]:
    with open_parquet(shard) as file:
        batch = next(file.iter_batches(batch_size=limit, columns=columns), None)
    return [] if batch is None else list(batch.to_pylist())
