"""How many ranks train: as many as were asked for, and after a loss as many as the slots that remain allow."""

import logging

from pyspark.resource import ResourceProfile
from pyspark.sql import SparkSession

from headrace.errors import TrainingError
from headrace.slots import PATIENCE_SECONDS, wait_for_slots

log = logging.getLogger(__name__)


def first_world_size(spark: SparkSession, ranks: int, profile: ResourceProfile | None = None) -> int:
    """`ranks`, once there is a free slot for each.

    Args:
        profile: what each rank takes; what Spark gives every task when None.

    Raises:
        TrainingError: there is not.
    """
    master = spark.sparkContext.master
    # Local slots are all there at once; a cluster's executors come one after the other.
    free = wait_for_slots(spark, ranks, 0 if master.startswith("local[") else PATIENCE_SECONDS, profile)
    if free < ranks:
        raise TrainingError(
            f"train.ranks is {ranks} and {master} has {free} slots free; every rank needs one. "
            "Lower train.ranks, or give Spark more executors or cores."
        )
    return ranks


def next_world_size(spark: SparkSession, ranks: int, lanes: int, profile: ResourceProfile | None = None) -> int:
    """After a loss: `ranks`, or, where slots do not come back in time, the most that the rest has slots for.

    Args:
        lanes: of the run's plan; the ranks must be able to share them out evenly, so that the same rows make up the
            same steps as before.

    Raises:
        TrainingError: no slot is left.
    """
    free = wait_for_slots(spark, ranks, profile=profile)
    world_size = max((size for size in range(1, min(free, ranks) + 1) if lanes % size == 0), default=0)
    if not world_size:
        raise TrainingError(
            f"After ranks were lost {spark.sparkContext.master} has no slot free; the run can go on later."
        )
    if world_size < ranks:
        log.warning(
            "%s slots are free: going on with %s ranks of %s, and the same global batch", free, world_size, ranks
        )
    return world_size
