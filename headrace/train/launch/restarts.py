"""Launch the ranks of a run, restart them after failures, and choose their number."""

import logging

from pyspark.resource import ResourceProfile
from pyspark.sql import SparkSession

from headrace.errors import ConfigurationError, HeadraceError, LostExecutorError, StoreError, TrainingError
from headrace.processes import interruption
from headrace.runs.run_folder import RunFolder
from headrace.runs.run_record import RunRecord
from headrace.spark.session import is_local
from headrace.spark.slots import PATIENCE_SECONDS, total_slots, wait_for_slots
from headrace.train.launch.rank_resource_profile import profile_for
from headrace.train.launch.spark_barrier_launcher import RankProgram, launch
from headrace.train.training_progress import Progress

log = logging.getLogger(__name__)

PROGRAM = "headrace.train.rank"


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
        lanes: number of lanes in the run's plan; the world size must divide it, so that every step still has the
            same rows.

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


def train_with_restarts(spark: SparkSession, folder: RunFolder, record: RunRecord, progress: Progress) -> int:
    """Train the run to its end; return the number of restarts from the last checkpoint.

    Raises:
        TrainingError: too few slots are free, a rank failed, or ranks were lost more than `train.max_restarts` times.
        HeadraceError: the data or the configuration is invalid.
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
        interruption.raise_if_requested()
        progress.begin_attempt()
        error = _attempt(spark, world_size, program, progress)
        if error is None:
            return restarts
        retryable = progress.is_retryable or isinstance(error, LostExecutorError)
        if not retryable or restarts == settings.max_restarts:
            raise _as_training_error(error)
        restarts += 1
        log.warning("%s Restart %s of at most %s.", error, restarts, settings.max_restarts)
        world_size = next_world_size(spark, settings.ranks, record.lanes, program.profile)


def _as_training_error(error: HeadraceError) -> HeadraceError:
    """Return failures of stores and executors as training errors, other errors unchanged."""
    if isinstance(error, StoreError):
        return TrainingError(f"{error} Then rerun the same command: it resumes from the last checkpoint.")
    return TrainingError(str(error)) if isinstance(error, LostExecutorError) else error


def _attempt(spark: SparkSession, world_size: int, program: RankProgram, progress: Progress) -> HeadraceError | None:
    """Launch the ranks once; return the error if they failed."""
    try:
        launch(spark, world_size, program, progress.receive)
    except HeadraceError as error:
        return progress.error or error
    return None
