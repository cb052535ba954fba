"""Launching the ranks of a run until they end well, or badly for a reason that will not pass."""

import logging

from pyspark.sql import SparkSession

from headrace.errors import HeadraceError, LostExecutorError, StoreError, TrainingError
from headrace.train.launch import RankProgram, launch
from headrace.train.progress import Progress
from headrace.train.rank_resources import profile_for
from headrace.train.run_folder import RunFolder, RunRecord
from headrace.train.world import first_world_size, next_world_size

log = logging.getLogger(__name__)

PROGRAM = "headrace.train.rank"


def train_with_restarts(spark: SparkSession, folder: RunFolder, record: RunRecord, progress: Progress) -> int:
    """Train the run to its end; how often ranks had to be started again, from the last checkpoint.

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
        lost = progress.may_pass or isinstance(failed, LostExecutorError)
        if not lost or restarts == settings.max_restarts:
            raise _told(failed)
        restarts += 1
        log.warning("%s Restart %s of at most %s.", failed, restarts, settings.max_restarts)
        world_size = next_world_size(spark, settings.ranks, record.lanes, program.profile)


def _told(failed: HeadraceError) -> HeadraceError:
    """What ends a training although nothing is wrong with data and settings is a training's failure."""
    if isinstance(failed, StoreError):
        return TrainingError(f"{failed} Then run the same command: it goes on from the last checkpoint.")
    return TrainingError(str(failed)) if isinstance(failed, LostExecutorError) else failed


def _attempt(spark: SparkSession, world_size: int, program: RankProgram, progress: Progress) -> HeadraceError | None:
    """Launch the ranks once; why they failed, if they did."""
    try:
        launch(spark, world_size, program, progress.receive)
    except HeadraceError as error:
        return progress.error or error
    return None
