"""The tables beside a table, of rejects and of duplicates: what of them stays when a version is appended to."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from headrace.prepare.removed_files import RemovedFiles
from headrace.storage.parquet import open_parquet
from headrace.table.log import CommitBase, FileChanges, commit, list_shards
from headrace.table.shards import Shard, write_shard


@dataclass(frozen=True)
class SideTable:
    """One of them.

    Attributes:
        number: the version that the version before refers to; None where it refers to none.
    """

    base: CommitBase
    number: int | None
    schema: pa.Schema

    @property
    def shards(self) -> tuple[Shard, ...]:
        """Of the version before."""
        return () if self.number is None else list_shards(self.base.table, self.number)

    def rows(self, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Of the version before."""
        for shard in self.shards:
            yield from _read(self.base.table / shard.path, columns).to_pylist()


@dataclass
class CarriedOver:
    """What stays of the version before: its shards, whole or written anew, and how many rows of each kind."""

    shards: list[Shard] = field(default_factory=list)
    rows: Counter[str] = field(default_factory=Counter)
    removed: int = 0


def carry_over(
    beside: SideTable, gone: RemovedFiles, kind: str, identity: str, renamed: dict[str, str] | None = None
) -> CarriedOver:
    """The rows of the version before but for those that are `gone`.

    Args:
        kind: the column by which rows are counted.
        renamed: the record that is kept now, by that which was kept before.
    """
    carried = CarriedOver()
    for number, shard in enumerate(beside.shards):
        rows = _read(beside.base.table / shard.path, beside.schema.names)
        stays = rows.filter(pa.array([path not in gone for path in rows["path"].to_pylist()], pa.bool_()))
        carried.removed += rows.num_rows - stays.num_rows
        carried.rows.update(stays[kind].to_pylist())
        changed = _renamed(stays, renamed or {})
        if changed is stays and stays.num_rows == rows.num_rows:
            carried.shards.append(shard)
        elif stays.num_rows:
            carried.shards.append(write_shard(changed, beside.base.table, f"{identity}-{number:06d}-c"))
    return carried


def commit_side_table(beside: SideTable, shards: Sequence[Shard]) -> int | None:
    """Make `shards` the content of the next version; None where there are none and never were.

    Raises:
        DataError: another preparation was faster.
    """
    if not shards:
        return None
    if beside.base.delta is None:
        return commit(beside.base, shards, beside.schema, "{}")
    # The newest version may be of a preparation that was overtaken afterwards, and not the one before.
    newest = {shard.path: shard for shard in list_shards(beside.base.table, beside.base.number)}
    wanted = {shard.path: shard for shard in shards}
    if newest.keys() == wanted.keys():
        return beside.base.number
    added = [shard for path, shard in wanted.items() if path not in newest]
    removed = [shard for path, shard in newest.items() if path not in wanted]
    return commit(beside.base, FileChanges(added, removed), beside.schema, "{}")


def _renamed(rows: pa.Table, renamed: dict[str, str]) -> pa.Table:
    if "kept" not in rows.column_names or not renamed:
        return rows
    kept = rows["kept"].to_pylist()
    if not any(path in renamed for path in kept):
        return rows
    index = rows.column_names.index("kept")
    return rows.set_column(index, rows.schema.field("kept"), [pa.array([renamed.get(path, path) for path in kept])])


def _read(path: Path, columns: Sequence[str]) -> pa.Table:
    with open_parquet(path) as file:
        return file.read(list(columns))
