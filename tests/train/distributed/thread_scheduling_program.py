"""A program for two ranks, each on a core of its own: how Horovod's threads are scheduled, and what an allreduce of
128 bytes takes when they give way and when they do not. `python -m
tests.train.distributed.thread_scheduling_program` by
`launch`.
"""

import os
import time

import horovod.tensorflow as hvd
import tensorflow as tf

from headrace.train.distributed import collectives
from headrace.train.rank.driver_channel import Channel

ALLREDUCES = 25
ROUNDS = 8
# Handed in: of a constant TensorFlow would reckon the sum once, while it improves the graph.
VALUES = tf.ones(32)


def threads() -> set[int]:
    return {int(thread) for thread in os.listdir("/proc/self/task")}


@tf.function
def one_after_the_other(values: tf.Tensor) -> tf.Tensor:
    for number in range(ALLREDUCES):
        values = hvd.allreduce(values, op=hvd.Average, name=f"values.{number}")
    return values


def milliseconds(horovods: set[int], policy: int) -> float:
    """Of an allreduce, the best of some rounds; on all ranks at once."""
    for thread in horovods:
        os.sched_setscheduler(thread, policy, os.sched_param(0))
    collectives.broadcast_number(0)
    began = time.perf_counter()
    one_after_the_other(VALUES).numpy()
    return (time.perf_counter() - began) / ALLREDUCES * 1000


def main() -> None:
    channel = Channel()
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[int(os.environ["HOROVOD_LOCAL_RANK"]) % len(cores)]})
    before = threads()
    rank, _ = collectives.init()
    horovods = threads() - before
    channel.send(
        kind="policies",
        rank=rank,
        own=os.sched_getscheduler(0),
        horovods=[os.sched_getscheduler(thread) for thread in horovods],
    )
    one_after_the_other(VALUES)
    policies = {"giving way": os.SCHED_BATCH, "taking": os.SCHED_OTHER}
    rounds = [{name: milliseconds(horovods, policy) for name, policy in policies.items()} for _ in range(ROUNDS)]
    channel.send(kind="milliseconds", rank=rank, best={name: min(each[name] for each in rounds) for name in policies})
    collectives.shutdown()


if __name__ == "__main__":
    main()
    # A normal exit would wait for the thread that reads standard input, and abort.
    os._exit(0)
