"""Check that Spark has enough free slots for the concurrent trials of a study."""

from headrace.errors import TrainingError
from headrace.spark.session import is_local, session
from headrace.spark.slots import PATIENCE_SECONDS, wait_for_slots
from headrace.train.launch.rank_resource_profile import profile_for
from headrace.tune.study.study_folder import StudyRecord


def require_free_slots(record: StudyRecord) -> int | None:
    """Start Spark, require a free slot for every rank of all concurrent trials, and return the threads per rank.

    Returns:
        The number of threads; None without concurrent trials, for a rank's share of its machine's cores.

    Raises:
        TrainingError: too few slots are free.
    """
    settings, configuration = record.tune, record.configuration
    ranks = max(settings.parallel, settings.ranks)
    spark = session("train", configuration.spark, ranks)
    profile = profile_for(spark, configuration.train.resources)
    free = wait_for_slots(spark, ranks, 0 if is_local(spark) else PATIENCE_SECONDS, profile)
    if free < ranks:
        key = "parallel" if settings.parallel > 1 else "ranks"
        raise TrainingError(
            f"tune.{key} is {ranks}, but {spark.sparkContext.master} has {free} free slots. "
            f"Lower tune.{key}, or give Spark more executors or cores."
        )
    if settings.parallel == 1:
        return None
    return configuration.train.resources.cpus or int(spark.conf.get("spark.task.cpus", "1") or 1)
