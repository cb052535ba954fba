"""What the executors of a cluster are like, seen from the driver: a small task on every slot, then ranks."""

from __future__ import annotations

import json
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from headrace.check.executors import executor_rows
from headrace.check.probe import ExecutorInfo, ProbeRequest, probe
from headrace.check.report import Row
from headrace.check.slots import slots_row, spark_session, wait_for_slots
from headrace.errors import ConfigurationError, HeadraceError
from headrace.spark.session import driver_host, unwrap_python_errors

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from headrace.config.configuration import Spark

# The bytes that a rank sends in a second, measured with so many ranks; a folder for their logs.
Allreduce = Callable[["SparkSession", int, Path], float]

# Executors of a cluster come one after the other, and only who asks for a number knows when all are there.
MANY, SECONDS_TO_COME = 1_000_000, 10.0

FIX_SESSION = (
    "executors need this environment: name its Python in spark.pyspark.python, ship a packed one with spark.archives, "
    "or Headrace alone with --py-files"
)


@dataclass(frozen=True, kw_only=True)
class ClusterCheck:
    """How a cluster is looked at.

    Attributes:
        slots: that must be free; where None, those that come within some seconds are looked at.
        store: folder that all machines should share.
        allreduce: measures the speed between ranks.
    """

    slots: int | None
    store: Path
    allreduce: Allreduce
    settings: Spark


def cluster_rows(check: ClusterCheck) -> list[Row]:
    """A row for each thing that executors must have, or share."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        with spark_session(check.slots or 1, check.settings) as spark, _shared_folder(check.store) as folder:
            row = slots_row(check.slots or 1, check.settings)
            slots = check.slots or wait_for_slots(spark, MANY, SECONDS_TO_COME)
            if not row.ok:
                return [row]
            answers = query_executors(spark, slots, folder)
            return [
                row,
                *executor_rows(answers),
                _store_row(folder, answers),
                _allreduce_row(check, spark, slots, folder),
            ]
    except (HeadraceError, PySparkException, Py4JError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        fix = f"{reason} ({FIX_SESSION})" if "No module named" in reason else reason
        return [Row(name="Executors", found="no answer", needed="an answer of each", ok=False, fix=fix)]


def query_executors(spark: SparkSession, slots: int, folder: Path) -> list[ExecutorInfo]:
    """The answer of a task on every slot, all of which run at the same time."""
    question = ProbeRequest(driver=driver_host(spark), store=str(folder), token=secrets.token_hex(8))
    (folder / "driver").write_text(question.token)
    tasks = spark.sparkContext.parallelize(range(slots), slots).barrier()
    with unwrap_python_errors():
        texts = tasks.mapPartitions(partial(probe, question)).collect()
    return [ExecutorInfo(**json.loads(text)) for text in texts]


@contextmanager
def _shared_folder(store: Path) -> Iterator[Path]:
    """A folder in the store that nobody else has, removed afterwards."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=".headrace-check-", dir=store.absolute()))
    except OSError as error:
        raise ConfigurationError(f"The store {store} cannot be written to ({error.strerror}).") from None
    # Executors may run as another user.
    folder.chmod(0o777)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _store_row(folder: Path, answers: list[ExecutorInfo]) -> Row:
    """Whether every executor reads what the driver writes, and the other way round."""
    broken = {answer.host: answer.store for answer in answers if answer.store}
    unseen = {a.host: "its file is not seen here" for a in answers if not (folder / f"task-{a.partition}").exists()}
    wrong = unseen | broken
    reason = "; ".join(f"{host}: {why}" for host, why in sorted(wrong.items()))
    return Row(
        name="Shared folder",
        found=f"{folder.parent}, read and written by {len(answers) - len(wrong)} of {len(answers)} tasks",
        needed="all",
        ok=not wrong,
        fix=f"mount one file system at {folder.parent} on all machines, writable for the executors ({reason})"
        if wrong
        else "",
    )


def _allreduce_row(check: ClusterCheck, spark: SparkSession, slots: int, folder: Path) -> Row:
    """How fast gradients travel, between two ranks or more; the error of a rank is the row's."""
    ranks = max(1, slots)
    try:
        speed = check.allreduce(spark, ranks, folder)
    except (HeadraceError, ImportError) as error:
        return Row(name="Allreduce", found="failed", needed="ranks that reach each other", ok=False, fix=str(error))
    found = f"{speed / 1e6:,.0f} MB/s a rank, between {ranks}" if ranks > 1 else "one rank only, nothing to send"
    return Row(name="Allreduce", found=found, needed="", ok=True)
