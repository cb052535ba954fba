"""Launches the ranks of a run, restarts lost ones, and decides their number."""

import logging

from pyspark.resource import ResourceProfile
from pyspark.sql import SparkSession

from headrace.errors import ConfigurationError, HeadraceError, LostExecutorError, StoreError, TrainingError
from headrace.runs.folder import RunFolder
from headrace.runs.record import RunRecord
from headrace.spark.session import is_local
from headrace.spark.slots import PATIENCE_SECONDS, total_slots, wait_for_slots
from headrace.train.launch.executor_resources import profile_for
from headrace.train.launch.launcher import RankProgram, launch
from headrace.train.run_monitor import Progress

log = logging.getLogger(__name__)

PROGRAM = "headrace.train.rank"


def first_world_size(spark: SparkSession, ranks: int, profile: ResourceProfile | None = None) -> int:
    """Return `ranks`, once each has a free slot.

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
    never = is_local(spark) and total_slots(spark, profile) < ranks
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
    """Return the world size after a loss: `ranks`, or as many as have slots if slots do not return in time.

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


def train_with_restarts(spark: SparkSession, folder: RunFolder, record: RunRecord, progress: Progress) -> int:
    """Train the run to its end; return the number of restarts from the last checkpoint.

    Raises:
        TrainingError: too few slots, a rank's own error, or more losses than `train.max_restarts`.
        HeadraceError: data or configuration are at fault.
    """
    settings = record.configuration.train
    program = RankProgram(
        module=PROGRAM,
        arguments=(str(folder.path),),
        logs=folder.logs,
        stall_timeout_seconds=settings.stall_timeout_seconds,
        profile=profile_for(spark, settings.resources),
    )
    world_size = first_world_size(spark, settings.ranks, program.profile)
    restarts = 0
    while True:
        progress.begin_attempt()
        failed = _attempt(spark, world_size, program, progress)
        if failed is None:
            return restarts
        lost = progress.is_retryable or isinstance(failed, LostExecutorError)
        if not lost or restarts == settings.max_restarts:
            raise _told(failed)
        restarts += 1
        log.warning("%s Restart %s of at most %s.", failed, restarts, settings.max_restarts)
        world_size = next_world_size(spark, settings.ranks, record.lanes, program.profile)


def _told(failed: HeadraceError) -> HeadraceError:
    """Raise failures that are not caused by data or settings as training errors."""
    if isinstance(failed, StoreError):
        return TrainingError(f"{failed} Then run the same command again: it resumes from the last checkpoint.")
    return TrainingError(str(failed)) if isinstance(failed, LostExecutorError) else failed


def _attempt(spark: SparkSession, world_size: int, program: RankProgram, progress: Progress) -> HeadraceError | None:
    """Launch the ranks once; return the reason if they failed."""
    try:
        launch(spark, world_size, program, progress.receive)
    except HeadraceError as error:
        return progress.error or error
    return None
