"""Removal of the files that a preparation wrote and that no version refers to."""

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
    """Remove the files that tasks have written into `table` if the block raises; their names begin with `identity`."""
    try:
        yield
    except StoreError:
        # The commit may have succeeded and only its response been lost, so the files may be referenced.
        # `headrace vacuum` removes them if they are not.
        raise
    except BaseException:
        # If the JVM has died, it cannot be asked, and no task is running either.
        with suppress(Py4JError, OSError):
            _await_tasks()
        for orphan in table.rglob(f"*{identity}-*"):
            orphan.unlink(missing_ok=True)
        _remove_empty(table)
        raise


def remove_leftovers(table: Path, identity: str, keep: set[str]) -> None:
    """Remove from `table` the intermediate files of the preparation `identity`, which the version does not refer to.

    Args:
        keep: paths of the files to keep, relative to `table`.
    """
    for file in table.rglob(f"*{identity}-*"):
        if str(file.relative_to(table)) not in keep:
            file.unlink(missing_ok=True)
    _remove_empty(table)


def _remove_empty(table: Path) -> None:
    """Remove the empty folders below `table`, and `table` itself if it is empty."""
    for folder in (
        *sorted(table.rglob("split=*"), reverse=True),
        table / "_headrace/staged",
        table / "_headrace",
        table,
    ):
        with suppress(OSError):  # not empty, or missing
            folder.rmdir()


def _await_tasks() -> None:
    """Wait until no task runs, at most `PATIENCE_SECONDS`: tasks of a failed job keep writing for a moment."""
    context = SparkContext._active_spark_context
    deadline = time.monotonic() + PATIENCE_SECONDS
    while context is not None and _has_running_tasks(context) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def _has_running_tasks(context: SparkContext) -> bool:
    if context._jsc is None:  # Spark was stopped in the meantime
        return False
    # Query the scheduler, as Spark's public status lags behind.
    tasks = context._jsc.sc().taskScheduler().runningTasksByExecutors().valuesIterator()
    while tasks.hasNext():
        if int(tasks.next()):
            return True
    return False
