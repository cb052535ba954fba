"""The program of a rank that only measures: `python -m headrace.train.launch.benchmark_rank`."""

import os
import sys
import time

import horovod.tensorflow as hvd
import tensorflow as tf

from headrace.train.rank.channel import Channel, exit_with_task

MEGABYTES = 64
ROUNDS = 5


def bytes_per_second() -> float:
    """That this rank sends, in the best of some rounds; 0 where there is nobody to send to."""
    values = tf.ones(MEGABYTES * 250_000, tf.float32)
    seconds = []
    for _ in range(ROUNDS):
        hvd.allreduce(tf.zeros(1), name="begin", op=hvd.Sum)
        began = time.perf_counter()
        hvd.allreduce(values, name="values", op=hvd.Sum).numpy()
        seconds.append(time.perf_counter() - began)
    # What a ring sends: all values but its own share, once to add them up and once to hand the sums round.
    sent = 4 * len(values) * 2 * (hvd.size() - 1) / hvd.size()
    return float(sent / min(seconds))


def main() -> None:
    """Meet the other ranks, measure, tell the driver."""
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
