"""Measure the allreduce bandwidth between ranks on the executors of a cluster."""

import json
from pathlib import Path

from pyspark.sql import SparkSession

from headrace.errors import TrainingError
from headrace.train.launch.rank_message_channel import Message
from headrace.train.launch.spark_barrier_launcher import RankProgram, launch

PROGRAM = "headrace.train.launch.allreduce_benchmark_rank"
# Maximum time to wait for unreachable peers.
TIMEOUT_SECONDS = 60


def measure_allreduce(spark: SparkSession, ranks: int, logs: Path) -> float:
    """Return the bytes per second that the slowest of `ranks` sends in an allreduce; 0 for a single rank.

    Args:
        logs: directory for the log files of the ranks, on all machines.

    Raises:
        TrainingError: a rank failed, or did not connect to the others.
    """
    received: list[Message] = []
    program = RankProgram(module=PROGRAM, logs=logs, stall_timeout_seconds=TIMEOUT_SECONDS)
    launch(spark, ranks, program, received.append)
    measurements = [json.loads(message["text"]) for message in received if message["kind"] == "message"]
    if not measurements:
        raise TrainingError(f"The ranks reported no bandwidth; see their logs in {logs}.")
    return float(min(measurement["bytes_per_second"] for measurement in measurements))
