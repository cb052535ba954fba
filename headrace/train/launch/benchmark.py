"""How fast ranks on the executors of a cluster can add up their gradients, measured before a training is."""

import json
from pathlib import Path

from pyspark.sql import SparkSession

from headrace.errors import TrainingError
from headrace.train.launch.launcher import RankProgram, launch
from headrace.train.launch.messages import Message

PROGRAM = "headrace.train.launch.benchmark_rank"
# Ranks that do not reach each other wait no longer for one another.
TIMEOUT_SECONDS = 60


def measure_allreduce(spark: SparkSession, ranks: int, logs: Path) -> float:
    """Bytes that each of `ranks` sends in a second of an allreduce; 0 for a single rank.

    Args:
        logs: folder on all machines for what ranks say.

    Raises:
        TrainingError: a rank failed, or did not meet the others.
    """
    received: list[Message] = []
    program = RankProgram(module=PROGRAM, logs=logs, stall_timeout_seconds=TIMEOUT_SECONDS)
    launch(spark, ranks, program, received.append)
    told = [json.loads(message["text"]) for message in received if message["kind"] == "message"]
    if not told:
        raise TrainingError(f"The ranks said nothing; their logs are in {logs}.")
    return float(min(one["bytes_per_second"] for one in told))
