"""Check small tables for exact duplicates on the driver.

Most tables that are prepared at once hold no duplicates, and finding that out with Spark takes longer than preparing
some ten thousand small images. The driver reads a million hashes in one or two seconds.
"""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from headrace.storage.open_parquet import open_parquet
from headrace.table.shard_writer import Shard

# 64 MB of hashes.
MAX_ROWS = 1_000_000


def has_no_duplicates(table: Path, shards: Sequence[Shard], *, in_one_split: bool) -> bool:
    """Return True if no record of `shards` equals another; False if one does, or there are over `MAX_ROWS` rows.

    Args:
        in_one_split: whether equal records in the same split count as duplicates too.
    """
    if sum(shard.rows for shard in shards) > MAX_ROWS:
        return False
    by_split = sorted(shards, key=lambda shard: shard.split)
    splits = [_read_hashes(table, list(group)) for _, group in groupby(by_split, key=lambda shard: shard.split)]
    all_hashes = pa.chunked_array([chunk for hashes in splits for chunk in hashes.chunks], pa.string())
    expected = sum(len(hashes) if in_one_split else pc.count_distinct(hashes).as_py() for hashes in splits)
    return bool(pc.count_distinct(all_hashes).as_py() == expected)


def _read_hashes(table: Path, shards: Sequence[Shard]) -> pa.ChunkedArray:
    columns = []
    for shard in shards:
        with open_parquet(table / shard.path) as file:
            columns += file.read(["content_hash"])["content_hash"].chunks
    return pa.chunked_array(columns, pa.string())
