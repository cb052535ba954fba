"""Commit versions of the tables of rejects and duplicates, with the rows carried over from earlier ones."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from headrace.prepare.increments.removed_file_set import RemovedFiles
from headrace.storage.open_parquet import open_parquet
from headrace.table.shard_writer import Shard, write_shard
from headrace.table.transaction_log import NO_SUMMARY, CommitBase, FileChanges, commit, list_shards


@dataclass(frozen=True)
class SideTable:
    """A table of rejects or duplicates next to the main table.

    Attributes:
        number: version that the main table's previous version refers to; None if it refers to none.
    """

    base: CommitBase
    number: int | None
    schema: pa.Schema

    @property
    def shards(self) -> tuple[Shard, ...]:
        """Return the shards of version `number`."""
        return () if self.number is None else list_shards(self.base.table, self.number)

    def rows(self, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yield `columns` of every row of version `number`."""
        for shard in self.shards:
            yield from _read(self.base.table / shard.path, columns).to_pylist()


@dataclass
class CarriedOver:
    """Rows carried over from the previous version.

    Attributes:
        shards: its shards, unchanged or rewritten.
        rows: number of rows by kind.
        removed: number of rows that were not carried over.
    """

    shards: list[Shard] = field(default_factory=list)
    rows: Counter[str] = field(default_factory=Counter)
    removed: int = 0


def carry_over(
    table: SideTable, removed: RemovedFiles, kind: str, identity: str, renames: dict[str, str] | None = None
) -> CarriedOver:
    """Return the rows of the previous version without those of `removed` files; rewrite the shards that change.

    Args:
        kind: name of the column by which rows are counted.
        identity: of the preparation; begins the names of rewritten shards.
        renames: path of the record that is kept now, by the path of the record that was kept before.
    """
    carried = CarriedOver()
    for number, shard in enumerate(table.shards):
        rows = _read(table.base.table / shard.path, table.schema.names)
        remaining = rows.filter(pa.array([path not in removed for path in rows["path"].to_pylist()], pa.bool_()))
        carried.removed += rows.num_rows - remaining.num_rows
        carried.rows.update(remaining[kind].to_pylist())
        renamed_rows = _rename_kept(remaining, renames or {})
        if renamed_rows is remaining and remaining.num_rows == rows.num_rows:
            carried.shards.append(shard)
        elif remaining.num_rows:
            carried.shards.append(write_shard(renamed_rows, table.base.table, f"{identity}-{number:06d}-c"))
    return carried


def commit_side_table(table: SideTable, shards: Sequence[Shard]) -> int | None:
    """Commit `shards` as the content of the next version and return its number; None if there are no shards.

    Return the newest version's number if it already has these shards.

    Raises:
        DataError: another preparation committed first.
    """
    if not shards:
        return None
    if table.base.delta is None:
        return commit(table.base, shards, table.schema, NO_SUMMARY)
    # The newest version may come from a preparation that failed to commit afterwards, and differ from `number`.
    newest = {shard.path: shard for shard in list_shards(table.base.table, table.base.number)}
    target = {shard.path: shard for shard in shards}
    if newest.keys() == target.keys():
        return table.base.number
    added = [shard for path, shard in target.items() if path not in newest]
    removed = [shard for path, shard in newest.items() if path not in target]
    return commit(table.base, FileChanges(added, removed), table.schema, NO_SUMMARY)


def _rename_kept(rows: pa.Table, renames: dict[str, str]) -> pa.Table:
    if "kept" not in rows.column_names or not renames:
        return rows
    kept = rows["kept"].to_pylist()
    if not any(path in renames for path in kept):
        return rows
    index = rows.column_names.index("kept")
    return rows.set_column(index, rows.schema.field("kept"), [pa.array([renames.get(path, path) for path in kept])])


def _read(path: Path, columns: Sequence[str]) -> pa.Table:
    with open_parquet(path) as file:
        return file.read(list(columns))
