"""Count the slots of a Spark session: the tasks or ranks that it can run at the same time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.resource import ResourceProfile
    from pyspark.sql import SparkSession

PATIENCE_SECONDS = 30.0
POLL_SECONDS = 0.2


def free_slots(spark: SparkSession, profile: ResourceProfile | None = None) -> int:
    """Return how many tasks could start now on the current executors; at least 0.

    Args:
        profile: resources per task; Spark's default if None.
    """
    # From the scheduler: Spark's public status lags by up to one heartbeat, ten seconds.
    running = spark.sparkContext._jsc.sc().taskScheduler().runningTasksByExecutors().valuesIterator()
    busy = 0
    while running.hasNext():
        busy += int(running.next())
    return max(0, total_slots(spark, profile) - busy)


def wait_for_slots(
    spark: SparkSession, wanted: int, seconds: float = PATIENCE_SECONDS, profile: ResourceProfile | None = None
) -> int:
    """Wait up to `seconds` for `wanted` free slots, as executors take time to register, and return the free slots."""
    deadline = time.monotonic() + seconds
    while (free := free_slots(spark, profile)) < wanted and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return free


def total_slots(spark: SparkSession, profile: ResourceProfile | None) -> int:
    """Return how many tasks the current executors can run at the same time."""
    context = spark.sparkContext._jsc.sc()
    default = context.resourceProfileManager().defaultResourceProfile()
    return int(context.maxNumConcurrentTasks(profile._java_resource_profile if profile else default))
