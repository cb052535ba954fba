"""The transaction log: commit and read table versions with `deltalake`, without a JVM.

Readers see one version or the next, never a mixture; of two writers that started from the same version, one gets a
DataError. A column's contract is JSON in its field metadata; the version's summary is JSON
in the commit.
"""

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Field, Schema
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.schema import PrimitiveType
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions
from pydantic import ValidationError

from headrace.contract import Column
from headrace.errors import DataError, HeadraceError
from headrace.format_version import require_format
from headrace.storage import is_remote, locate
from headrace.storage.parse_location import path_hint
from headrace.table.delta_errors import first_line, one_line, refuse_store, store_errors
from headrace.table.open_or_refuse_delta_table import delta_address, open_delta, require_empty
from headrace.table.shard_writer import Shard
from headrace.table.version_and_preparation_summary import Summary, Version

KEY = "headrace"
# The summary of a table that lists rejected or duplicate records.
NO_SUMMARY = "{}"
# A commit is a hard link: the second of two writers finds the name taken.
HARD_LINKS = (
    "it needs storage with hard links, such as a disk, NFS or CephFS. On a mounted object store, and where no other "
    "preparation of this table runs at the same time, set the environment variable MOUNT_ALLOW_UNSAFE_RENAME=true."
)
TYPES = {pa.string(): "string", pa.binary(): "binary", pa.int32(): "integer", pa.int64(): "long", pa.float32(): "float"}


@dataclass(frozen=True)
class CommitBase:
    """The state that a writer starts from; `delta` is None if there is no table yet."""

    table: Path
    delta: DeltaTable | None

    @property
    def number(self) -> int | None:
        """Return the version number, None if there is no table yet."""
        return None if self.delta is None else self.delta.version()


def open_base(table: Path) -> CommitBase:
    """Return the newest version of `table`, as the base of the next commit.

    Raises:
        DataError: the path holds something else, such as other files or another program's Delta table.
    """
    delta = open_delta(table)
    if delta is None:
        require_empty(table)
    else:
        _metadata(table, delta, delta.version())
    return CommitBase(table, delta)


@dataclass(frozen=True)
class FileChanges:
    """Shards that the next version adds to, and removes from, the previous version."""

    added: Sequence[Shard]
    removed: Sequence[Shard]


def commit(base: CommitBase, shards: Sequence[Shard] | FileChanges, schema: pa.Schema, metadata: str) -> int:
    """Commit `shards`, with columns `schema`, as the whole content of the next version; return its number.

    With a `FileChanges`, the next version keeps all other shards of `base`.

    Raises:
        DataError: another writer committed since `base` was opened.
        HeadraceError: the log cannot be written.
    """
    change = shards if isinstance(shards, FileChanges) else FileChanges(shards, ())
    actions: list[AddAction | RemoveAction] = [_action(shard) for shard in change.added]
    actions += [_removal(shard) for shard in change.removed]
    mode = "append" if isinstance(shards, FileChanges) else "overwrite"
    partitions = ["split"] if any(shard.split for shard in (*change.added, *change.removed)) else None
    schema = schema.append(pa.field("split", pa.string())) if partitions else schema
    properties = CommitProperties(custom_metadata={KEY: metadata}, max_commit_retries=0)
    arguments: dict[str, Any] = {"partition_by": partitions, "commit_properties": properties}
    try:
        if base.delta is None:
            address, options = delta_address(base.table)
            arguments["storage_options"] = options
            create_table_with_add_actions(address, _schema(schema), actions, mode="error", **arguments)
            return _next(base)
        base.delta.create_write_transaction(actions, mode, _schema(schema), **arguments)
    except OSError as error:
        if _has_succeeded(base, change):
            return _next(base)
        refuse_store(base.table, error)
        reason = one_line(error)
        hint = HARD_LINKS if re.search("not (supported|permitted|implemented)", reason) else "nothing was committed."
        raise HeadraceError(f"The log of {base.table} cannot be written: {reason}; {hint}") from error
    except (CommitFailedError, DeltaError) as error:
        if _has_succeeded(base, change):
            return _next(base)
        if open_base(base.table).number == base.number:
            raise HeadraceError(f"{base.table} cannot be committed to: {first_line(error)}") from error
        raise DataError(
            f"Another preparation committed to {base.table} while this one ran; nothing of this one was committed. "
            "Run it again to prepare on top of the new version."
        ) from error
    return _next(base)


def _next(base: CommitBase) -> int:
    """Return the number of the next version: without retries the commit follows `base`, or it has failed."""
    return 0 if base.number is None else base.number + 1


def _has_succeeded(base: CommitBase, change: FileChanges) -> bool:
    """Return whether the commit succeeded although the store reported a failure.

    A conditional put whose response was lost is sent again, and then conflicts with itself. Shard names are unique.
    """
    if not is_remote(base.table) or not change.added:
        return False
    delta = open_delta(base.table)
    if delta is None or delta.version() < _next(base):
        return False
    names = {shard.path for shard in list_shards(base.table, _next(base))}
    return all(shard.path in names for shard in change.added)


def read(table: str | Path, number: int | None = None) -> Version:
    """Return version `number` of `table`, the newest if None.

    Raises:
        DataError: the table or version does not exist, or was not written by `headrace prepare`.
    """
    table = locate(table)
    newest = open_delta(table)
    if newest is None:
        raise DataError(f"{table} is not a prepared table{path_hint(table)}; create it with `headrace prepare`.")
    number = newest.version() if number is None else number
    if not 0 <= number <= newest.version():
        raise DataError(f"{table} has no version {number}; its newest is {newest.version()}.")
    content = _metadata(table, newest, number)
    if content == NO_SUMMARY:
        raise DataError(f"{table} lists rejected or duplicate records; expected a table of prepared records.")
    require_format(content, f"Version {number} of {table}", "prepare the raw data into another table", DataError)
    try:
        summary = Summary.model_validate_json(content)
    except ValidationError as error:
        raise DataError(
            f"Version {number} of {table} has no summary that this release of Headrace can read; "
            "expected a table of prepared records, written by this release."
        ) from error
    delta = newest if number == newest.version() else open_delta(table, number)
    shards = _shards(table, delta or newest)
    return Version(table=table, number=number, shards=shards, summary=summary, table_id=str(newest.metadata().id))


def lists_dropped_records(table: Path) -> bool:
    """Return whether `table` is a table of rejects or duplicates, which Headrace writes next to the main table.

    Raises:
        DataError: the log cannot be read, or another program wrote it.
    """
    delta = open_delta(table)
    return delta is not None and _metadata(table, delta, delta.version()) == NO_SUMMARY


def newest_number(table: str | Path) -> int | None:
    """Return the number of the newest version of `table`; None if there is no table.

    Raises:
        DataError: the log cannot be read.
    """
    delta = open_delta(locate(table))
    return None if delta is None else delta.version()


def list_shards(table: Path, number: int | None = None) -> tuple[Shard, ...]:
    """Return the shards of version `number`, the newest if None, of any Delta table written by Headrace.

    Raises:
        DataError: the version no longer exists, or the log cannot be read.
    """
    delta = open_delta(table, number)
    return () if delta is None else _shards(table, delta)


def history(table: str | Path) -> list[dict[str, Any]]:
    """Return all commits of the log, newest first."""
    address, options = delta_address(locate(table))
    with store_errors(locate(table)):
        return list(DeltaTable(address, storage_options=options).history())


def _metadata(table: Path, newest: DeltaTable, number: int) -> str:
    """Return the metadata of the commit that wrote the content of version `number`; vacuum commits write none."""
    # Read the history from the newest version: from an older one, deltalake numbers the entries wrongly.
    with store_errors(table):
        entries = newest.history()
    for entry in entries:
        if entry["version"] <= number and not str(entry.get("operation")).startswith("VACUUM"):
            if KEY in entry:
                return str(entry[KEY])
            break
    raise DataError(f"{table} is a Delta table that Headrace did not write; expected one of `headrace prepare`.")


def _shards(table: Path, delta: DeltaTable) -> tuple[Shard, ...]:
    with store_errors(table):
        actions = delta.get_add_actions(flatten=True)
    # Not as a table of PyArrow, which would import pandas: 0.25 s of CPU time in the driver and in every rank.
    columns = [actions[name].to_pylist() for name in ("path", "num_records", "size_bytes", "modification_time")]
    is_split = "partition.split" in actions.column_names
    splits = actions["partition.split"].to_pylist() if is_split else [None] * len(columns[0])
    rows = zip(splits, *columns, strict=True)
    shards = (
        Shard(path=path, split=split or "", rows=count, size=size, modified=modified)
        for split, path, count, size, modified in rows
    )
    return tuple(sorted(shards, key=attrgetter("path")))


def _action(shard: Shard) -> AddAction:
    partition: dict[str, str | None] = {"split": shard.split} if shard.split else {}
    return AddAction(shard.path, shard.size, partition, shard.modified, True, json.dumps({"numRecords": shard.rows}))


def _removal(shard: Shard) -> RemoveAction:
    partition: dict[str, str | None] = {"split": shard.split} if shard.split else {}
    return RemoveAction(shard.path, True, int(time.time() * 1000), shard.size, partition)


def _schema(schema: pa.Schema) -> Schema:
    return Schema([_field(field) for field in schema])


def _field(field: pa.Field) -> Field:
    contract = (field.metadata or {}).get(KEY.encode())
    metadata = {KEY: contract.decode()} if contract else {}
    return Field(field.name, PrimitiveType(TYPES[field.type]), nullable=field.nullable, metadata=metadata)


def with_contract(field: pa.Field, column: Column) -> pa.Field:
    """Return `field` with `column` as JSON in its metadata, as stored in the log."""
    compressed = "true" if column.codec in ("png", "jpeg") else "false"
    return field.with_metadata({KEY: column.model_dump_json(), "compressed": compressed})
