"""Records of equal content under different labels, which a model cannot learn: said before anything is committed."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from headrace.prepare.dedup.exact_duplicates import MAX_ROWS
from headrace.storage.parquet import open_parquet
from headrace.table.shards import Shard

COLUMNS = ("content_hash", "label", "path")


def conflict_warning(table: Path, shards: Sequence[Shard]) -> str | None:
    """Return what to say of records in `shards` that equal one with another label; None if there is none.

    Of more than `MAX_ROWS` rows only those of the first shards are read.
    """
    rows = _read_rows(table, shards)
    labels = rows.group_by("content_hash").aggregate([("label", "count_distinct")])
    hashes = labels.filter(pc.greater(labels["label_count_distinct"], 1))["content_hash"]
    if not len(hashes):
        return None
    conflicting = rows.filter(pc.is_in(rows["content_hash"], hashes)).sort_by("path")
    example = conflicting.filter(pc.equal(conflicting["content_hash"], conflicting["content_hash"][0]))["path"]
    read = f"the first {len(rows)}" if len(rows) < sum(shard.rows for shard in shards) else f"{len(rows)}"
    return (
        f"{len(conflicting)} of {read} records equal one with another label, such as {example[0].as_py()!r} and "
        f"{example[1].as_py()!r}: a model cannot learn both. Correct the labels, or set prepare.duplicates to drop."
    )


def _read_rows(table: Path, shards: Sequence[Shard]) -> pa.Table:
    tables, rows = list[pa.Table](), 0
    for shard in shards:
        if tables and rows + shard.rows > MAX_ROWS:
            break
        with open_parquet(table / shard.path) as file:
            tables.append(file.read(list(COLUMNS)))
        rows += shard.rows
    # The columns have equal types, but the metadata of two versions may differ.
    return pa.concat_tables([one.replace_schema_metadata(None) for one in tables], promote_options="permissive")
