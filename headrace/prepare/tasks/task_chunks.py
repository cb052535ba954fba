"""Shuffle the source files, and divide them into chunks of similar size, one for each task."""

import math
from collections.abc import Iterator

import numpy as np

from headrace.config.configuration_model import Prepare
from headrace.prepare.incremental_plan_and_task_context import Chunk
from headrace.prepare.sources.raw_file_and_record import RawFile

# With more chunks per slot than this, the last tasks to finish leave the other slots idle only briefly.
BALANCED_CHUNKS_PER_SLOT = 16


def make_chunks(files: list[RawFile], settings: Prepare, slots: int = 1) -> Iterator[Chunk]:
    """Yield chunks that together hold every file exactly once, in an order shuffled by `settings.seed`.

    A chunk of more than one file holds at most `shard_rows` records and `shard_bytes` bytes.

    Args:
        slots: tasks that run at the same time. A few chunks get about equal sizes, and about a multiple of `slots`
            of them, so that no slot is idle.
    """
    chunks = _balanced_chunk_count(files, settings, slots)
    target_size = sum(file.size for file in files) / chunks if chunks else math.inf
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
