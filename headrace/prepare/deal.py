"""Files are dealt to tasks in an order that mixes classes, the same for the same listing and seed."""

import math
from collections.abc import Iterator

import numpy as np

from headrace.config.sections import Prepare
from headrace.prepare.sources.listing import RawFile
from headrace.prepare.task import Chunk

# With so many chunks a slot, the last ones to end no longer leave others idle for long.
ENOUGH_CHUNKS = 16


def deal(files: list[RawFile], settings: Prepare, slots: int = 1) -> Iterator[Chunk]:
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
