"""What Petastorm's worker thread does: one shard at a time, from the disk to the columns that were asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from headrace.errors import DataError, StoreError
from headrace.stream.cache import shard_key
from headrace.stream.integrity import check_rows, open_verified
from headrace.stream.petastorm import CacheBase, WorkerBase
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
