"""How many ranks train: as many as were asked for, and after a loss as many as the slots that remain allow."""

import logging

from pyspark.resource import ResourceProfile
from pyspark.sql import SparkSession

from headrace.errors import ConfigurationError, TrainingError
from headrace.slots import PATIENCE_SECONDS, all_slots, wait_for_slots
from headrace.spark import is_local

log = logging.getLogger(__name__)


def first_world_size(spark: SparkSession, ranks: int, profile: ResourceProfile | None = None) -> int:
    """`ranks`, once there is a free slot for each.

    Args:
        profile: what each rank takes; what Spark gives every task when None.

    Raises:
        ConfigurationError: executors come and go, which Spark does not allow where all ranks must run at once.
        TrainingError: there is not.
    """
    master = spark.sparkContext.master
    _require_lasting_executors(spark)
    # A cluster's executors come one after the other. Local slots are all there at once, but not all free at once
    # where a run before has just failed.
    never = is_local(spark) and all_slots(spark, profile) < ranks
    free = wait_for_slots(spark, ranks, 0 if never else PATIENCE_SECONDS, profile)
    if free < ranks:
        raise TrainingError(
            f"train.ranks is {ranks} and {master} has {free} slots free; every rank needs one. "
            "Lower train.ranks, or give Spark more executors or cores."
        )
    return ranks


def _require_lasting_executors(spark: SparkSession) -> None:
    # Spark would say so too, when the ranks start, and in words that sound like a lost executor.
    if spark.conf.get("spark.dynamicAllocation.enabled", "false") == "true" and not is_local(spark):
        raise ConfigurationError(
            "spark.dynamicAllocation.enabled is true, and ranks need executors that stay; set it to false for training "
            "(below `train:` in the cluster's file) and say how many there are, such as spark.executor.instances."
        )


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
