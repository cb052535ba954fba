"""Whether records are equal, seen by the driver alone where the table is small.

Most tables that are made in one go hold nothing that must be taken out, and for Spark to see that takes longer than
to prepare some ten thousand small images. The driver reads a million hashes in a second or two.
"""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from headrace.storage.parquet import open_parquet
from headrace.table.shards import Shard

# 64 MB of hashes.
MAX_ROWS = 1_000_000


def has_no_duplicates(table: Path, shards: Sequence[Shard], *, in_one_split: bool) -> bool:
    """Whether no record of `shards` equals another; False also where there are too many to see it at once.

    Args:
        in_one_split: whether records of one split must differ too, and not only those of different splits.
    """
    if sum(shard.rows for shard in shards) > MAX_ROWS:
        return False
    by_split = sorted(shards, key=lambda shard: shard.split)
    splits = [_hashes(table, list(some)) for _, some in groupby(by_split, key=lambda shard: shard.split)]
    together = pa.chunked_array([chunk for hashes in splits for chunk in hashes.chunks], pa.string())
    apart = sum(len(hashes) if in_one_split else pc.count_distinct(hashes).as_py() for hashes in splits)
    return bool(pc.count_distinct(together).as_py() == apart)


def _hashes(table: Path, shards: Sequence[Shard]) -> pa.ChunkedArray:
    columns = []
    for shard in shards:
        with open_parquet(table / shard.path) as file:
            columns += file.read(["content_hash"])["content_hash"].chunks
    return pa.chunked_array(columns, pa.string())
