"""Checks of a cluster's executors, run from the driver: a small task on every slot, then an allreduce between ranks."""

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

from headrace.check.check_report import CheckRow
from headrace.check.executor_probe import ExecutorInfo, ProbeRequest, probe
from headrace.check.executor_report_rows import executor_rows
from headrace.check.spark_slots import slots_row, spark_session, wait_for_slots
from headrace.errors import ConfigurationError, HeadraceError
from headrace.spark.session import driver_host
from headrace.spark.task_errors import unwrap_python_errors

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from headrace.config.configuration_model import Spark

# (session, number of ranks, folder for their logs) -> bytes per second that a rank sends.
Allreduce = Callable[["SparkSession", int, Path], float]

# Executors register one after the other. Without a number of slots, wait this long for as many as register.
UNLIMITED_SLOTS, REGISTRATION_SECONDS = 1_000_000, 10.0

FIX_SESSION = (
    "executors need this environment: set spark.pyspark.python to its Python, ship a packed environment with "
    "spark.archives, or ship Headrace alone with --py-files"
)


@dataclass(frozen=True, kw_only=True)
class ClusterCheck:
    """The options of a cluster check.

    Attributes:
        slots: number that must be free; None checks the slots that register within `REGISTRATION_SECONDS`.
        store: folder that all machines should share.
        allreduce: function that measures the allreduce speed between ranks.
        settings: of the Spark session.
    """

    slots: int | None
    store: Path
    allreduce: Allreduce
    settings: Spark


def cluster_rows(check: ClusterCheck) -> list[CheckRow]:
    """Return a row for each requirement on executors and on what they share."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        with spark_session(check.slots or 1, check.settings) as spark, _shared_folder(check.store) as folder:
            row = slots_row(check.slots or 1, check.settings)
            slots = check.slots or wait_for_slots(spark, UNLIMITED_SLOTS, REGISTRATION_SECONDS)
            if not row.ok:
                return [row]
            probes = query_executors(spark, slots, folder)
            return [
                row,
                *executor_rows(probes),
                _store_row(folder, probes),
                _allreduce_row(check, spark, slots, folder),
            ]
    except (HeadraceError, PySparkException, Py4JError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        fix = f"{reason} ({FIX_SESSION})" if "No module named" in reason else reason
        return [CheckRow(name="Executors", found="no response", needed="a response from each", ok=False, fix=fix)]


def query_executors(spark: SparkSession, slots: int, folder: Path) -> list[ExecutorInfo]:
    """Run a probe task on every slot at the same time and return the results."""
    request = ProbeRequest(driver=driver_host(spark), store=str(folder), token=secrets.token_hex(8))
    (folder / "driver").write_text(request.token)
    tasks = spark.sparkContext.parallelize(range(slots), slots).barrier()
    with unwrap_python_errors():
        texts = tasks.mapPartitions(partial(probe, request)).collect()
    return [ExecutorInfo(**json.loads(text)) for text in texts]


@contextmanager
def _shared_folder(store: Path) -> Iterator[Path]:
    """Create a unique folder in `store` and remove it when the block ends."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=".headrace-check-", dir=store.absolute()))
    except OSError as error:
        raise ConfigurationError(
            f"The store {store} is not writable ({error.strerror}); name a writable folder with --store."
        ) from None
    # Executors may run as another user.
    folder.chmod(0o777)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _store_row(folder: Path, probes: list[ExecutorInfo]) -> CheckRow:
    """Return the row that says whether driver and executors read each other's files in `folder`."""
    failed = {info.host: info.store_error for info in probes if info.store_error}
    unseen = {
        info.host: "the driver does not see its file"
        for info in probes
        if not (folder / f"task-{info.partition}").exists()
    }
    errors = unseen | failed
    reason = "; ".join(f"{host}: {error}" for host, error in sorted(errors.items()))
    return CheckRow(
        name="Shared folder",
        found=f"{folder.parent}, read and written by {len(probes) - len(errors)} of {len(probes)} tasks",
        needed="all",
        ok=not errors,
        fix=f"mount one file system at {folder.parent} on all machines, writable by the executors ({reason})"
        if errors
        else "",
    )


def _allreduce_row(check: ClusterCheck, spark: SparkSession, slots: int, folder: Path) -> CheckRow:
    """Return the row with the allreduce speed between ranks, or with the error of a rank."""
    ranks = max(1, slots)
    try:
        speed = check.allreduce(spark, ranks, folder)
    except (HeadraceError, ImportError) as error:
        return CheckRow(
            name="Allreduce", found="failed", needed="ranks that can connect to each other", ok=False, fix=str(error)
        )
    found = f"{speed / 1e6:,.0f} MB/s per rank, {ranks} ranks" if ranks > 1 else "one rank only, nothing to send"
    return CheckRow(name="Allreduce", found=found, needed="", ok=True)
