"""Measure the allreduce bandwidth on one rank: `python -m headrace.train.launch.allreduce_benchmark_rank`."""

import os
import sys
import time

import horovod.tensorflow as hvd
import tensorflow as tf

from headrace.train.rank.pipe_to_spark_task import Channel, exit_with_task

MEGABYTES = 64
ROUNDS = 5


def bytes_per_second() -> float:
    """Return the bytes per second that this rank sends in the fastest of `ROUNDS` rounds; 0 for a single rank."""
    values = tf.ones(MEGABYTES * 250_000, tf.float32)
    seconds = []
    for _ in range(ROUNDS):
        hvd.allreduce(tf.zeros(1), name="begin", op=hvd.Sum)
        start = time.perf_counter()
        hvd.allreduce(values, name="values", op=hvd.Sum).numpy()
        seconds.append(time.perf_counter() - start)
    # A ring allreduce sends all values except the rank's own share twice: in the reduce-scatter and in the allgather.
    sent = 4 * len(values) * 2 * (hvd.size() - 1) / hvd.size()
    return float(sent / min(seconds))


def main() -> None:
    """Connect to the other ranks, measure, and report to the driver."""
    channel = Channel()
    exit_with_task()
    hvd.init()
    channel.send(kind="bandwidth", bytes_per_second=bytes_per_second())
    hvd.shutdown()


if __name__ == "__main__":
    main()
    sys.stderr.flush()
    # A normal exit would wait for the thread that reads standard input, and abort.
    os._exit(0)
