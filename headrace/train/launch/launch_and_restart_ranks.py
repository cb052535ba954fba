"""Launch the ranks of a run, restart them after failures, and choose their number."""

import logging

from pyspark.sql import SparkSession

from headrace.errors import HeadraceError, LostExecutorError, StoreError, TrainingError
from headrace.processes import interruption
from headrace.runs.run_folder import RunFolder
from headrace.runs.run_record import RunRecord
from headrace.train.launch.rank_resource_profile import profile_for
from headrace.train.launch.spark_barrier_launcher import RankProgram, launch
from headrace.train.launch.world_size import first_world_size, next_world_size
from headrace.train.rank_message_receiver import RankMessageReceiver

log = logging.getLogger(__name__)

PROGRAM = "headrace.train.rank"


def train_with_restarts(
    spark: SparkSession, folder: RunFolder, record: RunRecord, progress: RankMessageReceiver
) -> int:
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


def _attempt(
    spark: SparkSession, world_size: int, program: RankProgram, progress: RankMessageReceiver
) -> HeadraceError | None:
    """Launch the ranks once; return the error if they failed."""
    try:
        launch(spark, world_size, program, progress.receive)
    except HeadraceError as error:
        return progress.error or error
    return None
