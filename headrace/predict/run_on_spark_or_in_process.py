"""Run the parts of a prediction: as tasks of Spark, or in this process where they are few and no cluster is named."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from headrace.config.configuration_model import Spark
from headrace.errors import HeadraceError
from headrace.predict.predict_task import PartResult, PredictionPart, PredictTask, predict_parts
from headrace.spark.session import await_tasks, has_cluster, session
from headrace.spark.task_errors import unwrap_python_errors

# Spark and its worker take longer to start a task than to predict a thousand small images.
PARTS_PER_TASK = 8
# Local Spark could not run more tasks than there are parts, and takes longer to start than to predict these.
MAX_PARTS_IN_PROCESS = 2
# A table has a part for each shard, and at least one shard for each split, however few its rows are.
MAX_ROWS_IN_PROCESS = 2048


def run_parts(task: PredictTask, parts: Sequence[PredictionPart], cluster: Path | None) -> list[PartResult]:
    """Predict all parts and return their results in the same order.

    Args:
        cluster: file of Spark settings for one kind of cluster; with it, Spark runs the parts however few they are.

    Raises:
        ConfigurationError: Spark cannot start, see `session`.
        HeadraceError: as a part raised it.
    """
    settings = Spark(cluster=str(cluster) if cluster else None)
    if _are_few(parts) and not has_cluster("predict", settings):
        return list(predict_parts(task, iter(parts)))
    context = session("predict", settings).sparkContext
    tasks = _count_tasks(len(parts), context.defaultParallelism)
    work = context.parallelize(parts, tasks).mapPartitions(partial(predict_parts, task))
    try:
        with unwrap_python_errors():
            written: list[PartResult] = work.collect()
    except HeadraceError:
        # The other tasks keep writing into the output, which is removed next.
        await_tasks()
        raise
    return written


def _count_tasks(parts: int, slots: int) -> int:
    """Return the number of tasks: a multiple of the slots, so that none of them is idle while the last tasks run."""
    rounds = max(1, round(parts / (slots * PARTS_PER_TASK)))
    return min(parts, rounds * slots)


def _are_few(parts: Sequence[PredictionPart]) -> bool:
    """Return whether this process predicts the parts sooner than Spark starts."""
    rows = [part.shard.rows if part.rows is None else part.rows for part in parts if part.shard is not None]
    is_small_table = len(rows) == len(parts) and sum(rows) <= MAX_ROWS_IN_PROCESS
    return len(parts) <= MAX_PARTS_IN_PROCESS or is_small_table
