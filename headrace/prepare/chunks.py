"""Chunks: the files assigned to each task, and the result that a task returns for them."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from headrace.config.configuration import Prepare
from headrace.contract import Column
from headrace.prepare.encoders.statistics import ChannelSums
from headrace.prepare.observations import Observations
from headrace.prepare.preparation_plan import Chunk
from headrace.prepare.sources.raw_records import RawFile
from headrace.table.dropped_records import Reject
from headrace.table.shards import Shard

# The key under which rows are counted that do not have exactly one class each.
ALL = "all"
# With more chunks per slot than this, the last tasks to finish leave the other slots idle only briefly.
BALANCED_CHUNKS_PER_SLOT = 16


@dataclass
class ChunkResult:
    """Result of one task; `merge_results` sums them.

    Attributes:
        seen: records read; each was written, rejected or dropped.
        reject_examples: the first rejected record by reason.
        counts: rows by split and class index.
        label_counts: for multi_label, rows by split and class index; a row counts once for each of its classes.
        observations: what was found in records that were not rejected.
        number_labels: the first regression labels, before they are rounded to float32.
        removed_rows: rows of an older version whose source files were removed or changed.
        removed_shards: paths of shards that no longer belong to the version, as they were rewritten or emptied.
        removed_counts: `counts` of `removed_shards`.
        removed_label_counts: `label_counts` of `removed_shards`.
        removed_sums: `sums` of `removed_shards`.
    """

    seen: int = 0
    shards: list[Shard] = field(default_factory=list)
    reject_shards: list[Shard] = field(default_factory=list)
    duplicate_shards: list[Shard] = field(default_factory=list)
    rejects: Counter[str] = field(default_factory=Counter)
    reject_examples: dict[str, Reject] = field(default_factory=dict)
    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    label_counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    sums: ChannelSums | None = None
    duplicates: int = 0
    observations: Observations = field(default_factory=Observations)
    number_labels: list[float] = field(default_factory=list)
    removed_rows: int = 0
    removed_shards: list[str] = field(default_factory=list)
    removed_counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    removed_label_counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    removed_sums: ChannelSums | None = None


def channel_sums(rows: pa.Table, columns: dict[str, Column]) -> ChannelSums | None:
    """Return the channel sums of all `rows`; None unless the rows are images."""
    if "channel_sums" not in columns:
        return None
    height, width, channels = columns["image"].image_shape
    return ChannelSums.from_bytes(rows["channel_sums"].to_pylist(), height * width, channels)


def add_sums(left: ChannelSums | None, right: ChannelSums | None) -> ChannelSums | None:
    """Return the sum of both, the other one if one is None, or None if both are."""
    if left is None or right is None:
        return left or right
    return left + right


def make_chunks(files: list[RawFile], settings: Prepare, slots: int = 1) -> Iterator[Chunk]:
    """Yield chunks that together hold every file exactly once, in an order shuffled by `settings.seed`.

    A chunk of more than one file holds at most `shard_rows` records and `shard_bytes` bytes.

    Args:
        slots: tasks that run at the same time. A few chunks get about equal sizes, and about a multiple of `slots`
            of them, so that no slot is idle.
    """
    size, chunks = sum(file.size for file in files), _balanced_chunk_count(files, settings, slots)
    target_size = size / chunks if chunks else math.inf
    chunk: list[RawFile] = []
    size = rows = number = 0
    for index in np.random.default_rng(settings.seed).permutation(len(files)):
        file = files[index]
        full = rows + file.rows > settings.shard_rows or size + file.size > settings.shard_bytes
        balanced = number + 1 < chunks and size + file.size / 2 > target_size
        if chunk and (full or balanced):
            yield Chunk(number, chunk)
            number, chunk, size, rows = number + 1, [], 0, 0
        chunk.append(file)
        size += file.size
        rows += file.rows
    if chunk:
        yield Chunk(number, chunk)


def _balanced_chunk_count(files: list[RawFile], settings: Prepare, slots: int) -> int:
    """Return how many chunks of about equal size divide evenly among `slots`; 0 if balancing is not needed."""
    size, rows = sum(file.size for file in files), sum(file.rows for file in files)
    needed = max(1, math.ceil(size / settings.shard_bytes), math.ceil(rows / settings.shard_rows))
    if slots == 1 or needed > BALANCED_CHUNKS_PER_SLOT * slots or not size:
        return 0
    return slots * math.ceil(needed / slots)
