"""Shards read by Petastorm's worker pool, one after another in the order in which the plan needs them."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from headrace.errors import DataError, StoreError
from headrace.stream.petastorm import CacheBase, NullCache, ThreadPool, WorkerBase
from headrace.stream.read.cache import shard_key
from headrace.stream.read.columns import Columns, column_values, keep_freed_memory
from headrace.stream.read.integrity import check_rows, open_verified, refuse_pickled_schema
from headrace.table import Shard


@dataclass(frozen=True, kw_only=True)
class ReadTask:
    """What every worker of one reader knows.

    Attributes:
        columns: names of the columns to read.
        cache: keeps what was read; asked before the shard is opened.
    """

    table: Path
    columns: tuple[str, ...]
    cache: CacheBase


@dataclass(frozen=True)
class Failure:
    """An error that takes the place of a shard, in its turn.

    Petastorm's thread would print the trace of an error that it meets, and could then not be stopped while its
    queue is full.
    """

    error: DataError | StoreError


class ShardWorker(WorkerBase):
    """Reads the shards that the pool hands it and publishes an Arrow table, or a `Failure`, for each."""

    def __init__(self, worker_id: int, publish: Any, task: ReadTask) -> None:
        super().__init__(worker_id, publish, task)
        self._task = task

    def process(self, shard: Shard | None) -> None:
        """Publish the content of `shard`; None only wakes a worker that is to stop."""
        if shard is None:
            return
        task = self._task
        try:
            found = task.cache.get(shard_key(shard, task.columns), lambda: _read(task, shard))
        except (DataError, StoreError) as error:
            found = Failure(error)
        self.publish_func(found)


def _read(task: ReadTask, shard: Shard) -> pa.Table:
    try:
        with open_verified(task.table, shard) as source, pq.ParquetFile(source) as file:
            _require_columns(task, shard, file.schema_arrow.names)
            found = file.read(columns=list(task.columns), use_threads=False)
    except (OSError, pa.ArrowException) as error:
        detail = " ".join(str(error).split())
        raise DataError(
            f"The shard {shard.path} of {task.table} cannot be read: {detail}. Prepare the table again."
        ) from error
    check_rows(task.table, shard, found.num_rows)
    return found


def _require_columns(task: ReadTask, shard: Shard, present: Sequence[str]) -> None:
    missing = [name for name in task.columns if name not in present]
    if missing:
        raise DataError(
            f"The shard {shard.path} of {task.table} has no column {', '.join(missing)}; it has: {', '.join(present)}. "
            "Prepare the table again."
        )


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
        yield {name: column_values(column) for name, column in zip(found.column_names, found.columns, strict=True)}
