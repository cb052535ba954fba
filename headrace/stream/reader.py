"""Petastorm's worker pool, handed one shard after another in the order in which the plan needs them.

The pool gives results in the order in which work was handed out. `Reader`, Petastorm's own way to it, is left
out: before the first row it opens the footer of every file several times, its thread that hands out work looks
only every 10 ms whether there is room, and it can report an end with work still to do (petastorm#447). Here
the one who takes a shard hands out the next; so nothing is polled, and nothing is opened that is not read.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa

from headrace.stream.columns import Columns, values_of
from headrace.stream.integrity import refuse_pickled_schema
from headrace.stream.memory import keep_freed_memory
from headrace.stream.petastorm import CacheBase, NullCache, ThreadPool
from headrace.stream.shard_worker import Failure, ReadTask, ShardWorker
from headrace.table import Shard

keep_freed_memory()

WORKERS = 1
# Shards in work or waiting to be taken.
READ_AHEAD = 4
# Room for each of them and its receipt, for the receipt of the one just taken and for that of the one that wakes a
# worker to stop: none ever waits for room.
RESULTS = WORKERS * (2 * READ_AHEAD + 2)


def read_shards(
    table: Path, shards: Iterable[Shard], columns: Sequence[str], cache: CacheBase | None = None
) -> Generator[Columns, None, None]:
    """The named columns of each shard, one mapping a shard, in the order of `shards`.

    At most a few shards are in memory, and `shards` is asked for no more than those; it may be endless.

    Args:
        cache: keeps what was read; nothing is kept if not given.

    Raises:
        DataError: a shard is missing or damaged, has another number of rows than the log says, or the table's
            folder carries a pickled Petastorm schema.
    """
    refuse_pickled_schema(table)
    pool = ThreadPool(WORKERS, RESULTS)
    pool.start(ShardWorker, ReadTask(table=table, columns=tuple(columns), cache=cache or NullCache()))
    try:
        yield from _in_turn(pool, iter(shards))
    finally:
        pool.stop()
        for _ in range(WORKERS):
            pool.ventilate(None)
        pool.join()


def _in_turn(pool: ThreadPool, shards: Iterator[Shard]) -> Iterator[Columns]:
    in_work = sum(1 for _ in map(pool.ventilate, islice(shards, READ_AHEAD)))
    while in_work:
        found: pa.Table | Failure = pool.get_results()
        in_work -= 1
        if isinstance(found, Failure):
            raise found.error
        in_work += sum(1 for _ in map(pool.ventilate, islice(shards, 1)))
        yield {name: values_of(column) for name, column in zip(found.column_names, found.columns, strict=True)}
