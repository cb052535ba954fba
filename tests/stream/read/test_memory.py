"""A rank holds only the shards of its lanes and a few read ahead, however large the table is."""

import gc
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pytest

from headrace.stream.batch_plan import Plan
from headrace.stream.rank_batch_stream import RankStream
from headrace.stream.read.ordered_shard_reader import READ_AHEAD
from headrace.table import Shard
from headrace.table.shard_writer import write_shard

ROWS, ROW_BYTES, LANES = 64, 8_000, 4
SHARD_BYTES = ROWS * ROW_BYTES


def write_noise_shards(table: Path, count: int) -> list[Shard]:
    """Write `count` shards of half a megabyte of noise each."""
    noise = np.random.default_rng(0)
    schema = pa.schema([pa.field("image", pa.binary(), metadata={"compressed": "true"})])
    return [
        write_shard(
            pa.table([[noise.bytes(ROW_BYTES) for _ in range(ROWS)]], schema=schema), table, f"part-{n:04d}", "train"
        )
        for n in range(count)
    ]


def peak_bytes(table: Path, shards: list[Shard], epochs: int) -> int:
    """Return the maximum bytes that Arrow holds while all steps are read."""
    plan = Plan(shard_rows=(ROWS,) * len(shards), global_batch=16, lanes=LANES)
    stream = RankStream(table=table, shards=shards, columns=["image"], plan=plan)
    before = pa.total_allocated_bytes()
    return max(pa.total_allocated_bytes() - before for _ in stream.blocks(0, 0, epochs))


def test_arrow_memory_is_independent_of_table_size(tmp_path: Path) -> None:
    shards = write_noise_shards(tmp_path, 120)
    # Per lane a shard and its buffered part, the shards read ahead, and a block with its copy.
    bound = (2 * LANES + READ_AHEAD + 1) * SHARD_BYTES + 3 * 16 * 16 * ROW_BYTES
    assert peak_bytes(tmp_path, shards[:40], 2) < bound
    assert peak_bytes(tmp_path, shards, 2) < bound
    assert bound < 40 * SHARD_BYTES


@pytest.mark.usefixtures("no_threads_left")
@pytest.mark.slow
def test_process_memory_does_not_grow_with_epochs(tmp_path: Path) -> None:
    shards = write_noise_shards(tmp_path, 20)
    peak_bytes(tmp_path, shards, 2)
    gc.collect()
    before = psutil.Process().memory_info().rss
    peak_bytes(tmp_path, shards, 20)
    gc.collect()
    assert psutil.Process().memory_info().rss - before < 10 * SHARD_BYTES
