"""Choose the number of ranks: of the first start, and after ranks were lost."""

import logging

from pyspark.resource import ResourceProfile
from pyspark.sql import SparkSession

from headrace.errors import ConfigurationError, TrainingError
from headrace.spark.session import is_local
from headrace.spark.slots import PATIENCE_SECONDS, total_slots, wait_for_slots

log = logging.getLogger(__name__)


def first_world_size(spark: SparkSession, ranks: int, profile: ResourceProfile | None = None) -> int:
    """Return `ranks`, once each has a free slot.

    Args:
        profile: resources of each rank; the defaults of a Spark task when None.

    Raises:
        ConfigurationError: dynamic allocation is on, which Spark rejects for stages that start all tasks at once.
        TrainingError: too few slots are free.
    """
    master = spark.sparkContext.master
    _require_lasting_executors(spark)
    # A cluster's executors register one after the other. Local slots all exist from the start, but some may still be
    # busy if the previous run has just failed.
    impossible = is_local(spark) and total_slots(spark, profile) < ranks
    free = wait_for_slots(spark, ranks, 0 if impossible else PATIENCE_SECONDS, profile)
    if free < ranks:
        raise TrainingError(
            f"train.ranks is {ranks}, but {master} has {free} free slots; every rank needs one. "
            "Lower train.ranks, or give Spark more executors or cores."
        )
    return ranks


def _require_lasting_executors(spark: SparkSession) -> None:
    # Spark would report this too, but only when the ranks start, and in a message that suggests a lost executor.
    if spark.conf.get("spark.dynamicAllocation.enabled", "false") == "true" and not is_local(spark):
        raise ConfigurationError(
            "spark.dynamicAllocation.enabled is true, but ranks need a fixed number of executors; set it to false for "
            "training (below `train:` in the cluster's file) and set their number, e.g. by spark.executor.instances."
        )


def next_world_size(spark: SparkSession, ranks: int, lanes: int, profile: ResourceProfile | None = None) -> int:
    """Return the world size after a loss: `ranks`, or as many as have slots if slots do not return in time.

    Args:
        lanes: number of lanes, in which the run's plan reads the rows (see `Plan`); the world size must divide it, so
            that every step still has the same rows.

    Raises:
        TrainingError: no slot is free.
    """
    free = wait_for_slots(spark, ranks, profile=profile)
    world_size = max((size for size in range(1, min(free, ranks) + 1) if lanes % size == 0), default=0)
    if not world_size:
        raise TrainingError(
            f"After the loss of ranks, {spark.sparkContext.master} has no free slot; rerun the same command later."
        )
    if world_size < ranks:
        log.warning("Free slots: %s. Continuing with %s of %s ranks and the same global batch", free, world_size, ranks)
    return world_size
