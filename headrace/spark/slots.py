"""Slots: how many ranks or tasks Spark can run at the same time, asked of a real session."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.resource import ResourceProfile
    from pyspark.sql import SparkSession

PATIENCE_SECONDS = 30.0
POLL_SECONDS = 0.2


def free_slots(spark: SparkSession, profile: ResourceProfile | None = None) -> int:
    """Tasks that could start at this moment on the executors present; never below 0.

    Args:
        profile: what each of them takes; Spark's default when None.
    """
    # Asked of the scheduler: Spark's public status lags behind by up to a heartbeat, ten seconds.
    running = spark.sparkContext._jsc.sc().taskScheduler().runningTasksByExecutors().valuesIterator()
    busy = 0
    while running.hasNext():
        busy += int(running.next())
    return max(0, total_slots(spark, profile) - busy)


def wait_for_slots(
    spark: SparkSession, wanted: int, seconds: float = PATIENCE_SECONDS, profile: ResourceProfile | None = None
) -> int:
    """The free slots, as soon as there are `wanted`, or after `seconds`: executors of a cluster take time to come."""
    deadline = time.monotonic() + seconds
    while (free := free_slots(spark, profile)) < wanted and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return free


def total_slots(spark: SparkSession, profile: ResourceProfile | None) -> int:
    """Tasks that the executors present now can run at the same time."""
    context = spark.sparkContext._jsc.sc()
    default = context.resourceProfileManager().defaultResourceProfile()
    return int(context.maxNumConcurrentTasks(profile._java_resource_profile if profile else default))
