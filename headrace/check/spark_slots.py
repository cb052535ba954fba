"""Checks of free slots, the number of ranks or tasks that Spark can run at the same time, in a real session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from headrace.check.check_report import CheckRow
from headrace.errors import HeadraceError
from headrace.spark.slots import free_slots, wait_for_slots
from headrace.wording import quantity

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from headrace.config.configuration_model import Spark

__all__ = ["free_slots", "slots_row", "spark_session", "wait_for_slots"]

FIX = (
    "start more workers, or wait until other applications finish; with dynamic allocation, "
    "set spark.dynamicAllocation.minExecutors"
)


def slots_row(wanted: int, settings: Spark | None = None) -> CheckRow:
    """Return the row that says whether `wanted` slots are free on the configured master, else on local Spark."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    needed = f"{wanted} free"
    try:
        with spark_session(wanted, settings) as spark:
            free, master = wait_for_slots(spark, wanted), spark.sparkContext.master
    except (HeadraceError, PySparkException, Py4JError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        return CheckRow(name="Spark slots", found="no session", needed=needed, ok=False, fix=f"Spark reports: {reason}")
    found = f"{free} free on {master}; {quantity(os.cpu_count() or 1, 'core')} here"
    ok = free >= wanted
    return CheckRow(name="Spark slots", found=found, needed=needed, ok=ok, fix="" if ok else FIX)


@contextmanager
def spark_session(wanted: int, settings: Spark | None = None) -> Iterator[SparkSession]:
    """Yield the active session of this process, or a new one that is stopped when the block ends."""
    from pyspark.sql import SparkSession

    from headrace.config.configuration_model import Spark
    from headrace.spark.session import session

    is_new = SparkSession.getActiveSession() is None
    spark = session("check", settings or Spark(), wanted)
    try:
        yield spark
    finally:
        if is_new:
            spark.stop()
