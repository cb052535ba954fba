"""Shards that no version will name, because the preparation that wrote them has failed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from py4j.protocol import Py4JError
from pyspark import SparkContext

from headrace.errors import StoreError

PATIENCE_SECONDS = 10.0
POLL_SECONDS = 0.05


@contextmanager
def remove_orphans(table: Path, identity: str) -> Iterator[None]:
    """Where the block fails, remove from `table` what tasks have written; their files' names begin with `identity`."""
    try:
        yield
    except StoreError:
        # The commit may have gone through, and only its answer be lost; what is left is for `headrace vacuum`.
        raise
    except BaseException:
        # Where the JVM has died there is nobody to ask, and no task either.
        with suppress(Py4JError, OSError):
            _await_tasks()
        for orphan in table.rglob(f"*{identity}-*"):
            orphan.unlink(missing_ok=True)
        _remove_empty(table)
        raise


def remove_leftovers(table: Path, identity: str, keep: set[str]) -> None:
    """Remove from `table` what the preparation `identity` wrote on its way and the version does not name.

    Args:
        keep: paths relative to `table`.
    """
    for file in table.rglob(f"*{identity}-*"):
        if str(file.relative_to(table)) not in keep:
            file.unlink(missing_ok=True)
    _remove_empty(table)


def _remove_empty(table: Path) -> None:
    """Remove the folders below `table` that hold nothing, and `table` where it does."""
    for folder in (
        *sorted(table.rglob("split=*"), reverse=True),
        table / "_headrace/staged",
        table / "_headrace",
        table,
    ):
        with suppress(OSError):  # it is not empty, or not there
            folder.rmdir()


def _await_tasks() -> None:
    """Return when no task runs any more: those of a failed job go on for a moment, and write."""
    context = SparkContext._active_spark_context
    deadline = time.monotonic() + PATIENCE_SECONDS
    while context is not None and _running(context) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def _running(context: SparkContext) -> bool:
    if context._jsc is None:  # stopped meanwhile
        return False
    # Asked of the scheduler: Spark's public status lags behind.
    tasks = context._jsc.sc().taskScheduler().runningTasksByExecutors().valuesIterator()
    while tasks.hasNext():
        if int(tasks.next()):
            return True
    return False
