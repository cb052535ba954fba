"""Chunks: the files that each task is given, and what a task returns for them."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from headrace.config.configuration import Prepare
from headrace.contract import Column
from headrace.prepare.encoders.statistics import ChannelSums
from headrace.prepare.plan import Chunk
from headrace.prepare.sources.base import RawFile
from headrace.table.shards import Shard

# Where rows have not one class each, all are counted together.
ALL = "all"
# With so many chunks a slot, the last ones to end no longer leave others idle for long.
ENOUGH_CHUNKS = 16


@dataclass
class ChunkResult:
    """What one task made, to be added to the others'.

    Attributes:
        label_counts: of multi_label, rows by split and by each of their classes.
        seen: records, each of which was written, rejected or dropped.
        removed: paths of shards whose rows were written anew, or are gone, and which no longer count.
    """

    seen: int = 0
    shards: list[Shard] = field(default_factory=list)
    reject_shards: list[Shard] = field(default_factory=list)
    duplicate_shards: list[Shard] = field(default_factory=list)
    rejects: Counter[str] = field(default_factory=Counter)
    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    label_counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    sums: ChannelSums | None = None
    duplicates: int = 0
    gone: int = 0
    removed: list[str] = field(default_factory=list)
    removed_counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    removed_label_counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    removed_sums: ChannelSums | None = None


def channel_sums(rows: pa.Table, columns: dict[str, Column]) -> ChannelSums | None:
    """Of the channels of all `rows`; None where they are no images."""
    if "channel_sums" not in columns:
        return None
    height, width, channels = columns["image"].image_shape
    return ChannelSums.from_bytes(rows["channel_sums"].to_pylist(), height * width, channels)


def add_sums(left: ChannelSums | None, right: ChannelSums | None) -> ChannelSums | None:
    """Of both; None where neither is there."""
    if left is None or right is None:
        return left or right
    return left + right


def make_chunks(files: list[RawFile], settings: Prepare, slots: int = 1) -> Iterator[Chunk]:
    """Every file in exactly one chunk, of at most `shard_rows` records and about `shard_bytes` bytes.

    Args:
        slots: tasks that run at the same time; a few chunks are made equal and as many as keep all slots at work.
    """
    size, chunks = sum(file.size for file in files), _even_chunks(files, settings, slots)
    fair = size / chunks if chunks else math.inf
    chunk: list[RawFile] = []
    size = rows = number = 0
    for index in np.random.default_rng(settings.seed).permutation(len(files)):
        file = files[index]
        full = rows + file.rows > settings.shard_rows or size + file.size > settings.shard_bytes
        even = number + 1 < chunks and size + file.size / 2 > fair
        if chunk and (full or even):
            yield Chunk(number, chunk)
            number, chunk, size, rows = number + 1, [], 0, 0
        chunk.append(file)
        size += file.size
        rows += file.rows
    if chunk:
        yield Chunk(number, chunk)


def _even_chunks(files: list[RawFile], settings: Prepare, slots: int) -> int:
    """How many chunks of one size all slots can share out evenly; 0 where there are so many that it does not matter."""
    size, rows = sum(file.size for file in files), sum(file.rows for file in files)
    needed = max(1, math.ceil(size / settings.shard_bytes), math.ceil(rows / settings.shard_rows))
    if slots == 1 or needed > ENOUGH_CHUNKS * slots or not size:
        return 0
    return slots * math.ceil(needed / slots)
