"""Files are dealt to tasks in an order that mixes classes, the same for the same listing and seed."""

from collections.abc import Iterator

import numpy as np

from headrace.config.sections import Prepare
from headrace.prepare.shard_task import Chunk
from headrace.prepare.sources.listing import RawFile


def deal(files: list[RawFile], settings: Prepare) -> Iterator[Chunk]:
    """Every file in exactly one chunk, of at most `shard_rows` records and about `shard_bytes` bytes."""
    chunk: list[RawFile] = []
    size = rows = number = 0
    for index in np.random.default_rng(settings.seed).permutation(len(files)):
        file = files[index]
        if chunk and (rows + file.rows > settings.shard_rows or size + file.size > settings.shard_bytes):
            yield Chunk(number, chunk)
            number, chunk, size, rows = number + 1, [], 0, 0
        chunk.append(file)
        size += file.size
        rows += file.rows
    if chunk:
        yield Chunk(number, chunk)
