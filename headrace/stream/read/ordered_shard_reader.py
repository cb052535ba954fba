"""Read shards with Petastorm's worker pool, in the order in which the plan needs them."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from headrace.errors import DataError, StoreError
from headrace.stream.petastorm_import import CacheBase, NullCache, ThreadPool, WorkerBase
from headrace.stream.read.binary_columns_and_row_selection import Columns, column_values, reuse_freed_memory
from headrace.stream.read.shard_cache import shard_key
from headrace.stream.read.verified_shard_opening import check_rows, open_verified, refuse_pickled_schema
from headrace.table import Shard


@dataclass(frozen=True, kw_only=True)
class ReadTask:
    """The arguments that all workers of one reader share.

    Attributes:
        table: folder of the table.
        columns: names of the columns to read.
        cache: cache that is consulted before a shard is opened.
    """

    table: Path
    columns: tuple[str, ...]
    cache: CacheBase


@dataclass(frozen=True)
class Failure:
    """An error that a worker publishes instead of a shard.

    If the worker raised it, Petastorm's thread would print a traceback, and could not be stopped while its queue is
    full.
    """

    error: DataError | StoreError


class ShardWorker(WorkerBase):
    """Reads shards and publishes an Arrow table or a `Failure` for each."""

    def __init__(self, worker_id: int, publish: Any, task: ReadTask) -> None:
        super().__init__(worker_id, publish, task)
        self._task = task

    def process(self, shard: Shard | None) -> None:
        """Publish the content of `shard`; None wakes a worker that is to stop."""
        if shard is None:
            return
        task = self._task
        try:
            result = task.cache.get(shard_key(shard, task.columns), lambda: _read(task, shard))
        except (DataError, StoreError) as error:
            result = Failure(error)
        self.publish_func(result)


def _read(task: ReadTask, shard: Shard) -> pa.Table:
    try:
        with open_verified(task.table, shard) as source, pq.ParquetFile(source) as file:
            _require_columns(task, shard, file.schema_arrow.names)
            content = file.read(columns=list(task.columns), use_threads=False)
    except (OSError, pa.ArrowException) as error:
        detail = " ".join(str(error).split())
        raise DataError(
            f"The shard {shard.path} of {task.table} cannot be read: {detail}. Prepare the table again."
        ) from error
    check_rows(task.table, shard, content.num_rows)
    return content


def _require_columns(task: ReadTask, shard: Shard, present: Sequence[str]) -> None:
    missing = [name for name in task.columns if name not in present]
    if missing:
        raise DataError(
            f"The shard {shard.path} of {task.table} has no column {', '.join(missing)}; it has: {', '.join(present)}. "
            "Prepare the table again."
        )


reuse_freed_memory()


WORKERS = 1

# Shards that are being read or waiting to be consumed.
READ_AHEAD = 4

# Capacity for each shard and its acknowledgement, for the acknowledgement of the shard just consumed, and for that of
# the task that wakes a worker to stop: no worker ever blocks on a full queue.
RESULTS = WORKERS * (2 * READ_AHEAD + 2)


def read_shards(
    table: Path, shards: Iterable[Shard], columns: Sequence[str], cache: CacheBase | None = None
) -> Generator[Columns, None, None]:
    """Yield the named columns of each shard, one mapping per shard, in the order of `shards`.

    Only a few shards are in memory at a time, and `shards` is consumed only as far; it may be endless.

    Args:
        table: folder of the table.
        shards: shards to read.
        columns: names of the columns to read.
        cache: cache of the shards; None caches nothing.

    Raises:
        DataError: a shard is missing or damaged, its number of rows differs from the log, or the table's folder
            holds a pickled Petastorm schema.
        StoreError: the object store rejects a request or does not respond.
    """
    refuse_pickled_schema(table)
    pool = ThreadPool(WORKERS, RESULTS)
    pool.start(ShardWorker, ReadTask(table=table, columns=tuple(columns), cache=cache or NullCache()))
    try:
        yield from _read_in_order(pool, iter(shards))
    finally:
        pool.stop()
        for _ in range(WORKERS):
            pool.ventilate(None)
        pool.join()


def _read_in_order(pool: ThreadPool, shards: Iterator[Shard]) -> Iterator[Columns]:
    pending = sum(1 for _ in map(pool.ventilate, islice(shards, READ_AHEAD)))
    while pending:
        result: pa.Table | Failure = pool.get_results()
        pending -= 1
        if isinstance(result, Failure):
            raise result.error
        pending += sum(1 for _ in map(pool.ventilate, islice(shards, 1)))
        yield {name: column_values(column) for name, column in zip(result.column_names, result.columns, strict=True)}
