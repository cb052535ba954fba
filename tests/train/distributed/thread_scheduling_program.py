"""Program for two ranks, each on its own core: report how Horovod's threads are scheduled.

It also measures an allreduce of 128 bytes with threads that yield the CPU and with threads that do not. `launch` runs
it as `python -m tests.train.distributed.thread_scheduling_program`.
"""

import os
import time

import horovod.tensorflow as hvd
import tensorflow as tf

from headrace.train.distributed import collectives
from headrace.train.rank.pipe_to_spark_task import Channel

ALLREDUCES = 25
ROUNDS = 8
# An argument, because TensorFlow would fold the sum of a constant while it optimises the graph.
VALUES = tf.ones(32)


def thread_ids() -> set[int]:
    """Return the ids of the threads of this process."""
    return {int(thread) for thread in os.listdir("/proc/self/task")}


@tf.function
def allreduce_in_sequence(values: tf.Tensor) -> tf.Tensor:
    """Run ALLREDUCES allreduces one after the other."""
    for number in range(ALLREDUCES):
        values = hvd.allreduce(values, op=hvd.Average, name=f"values.{number}")
    return values


def allreduce_milliseconds(horovods: set[int], policy: int) -> float:
    """Return the milliseconds of one allreduce, the best of some rounds; call it on all ranks at once."""
    for thread in horovods:
        os.sched_setscheduler(thread, policy, os.sched_param(0))
    collectives.broadcast_int(0)
    began = time.perf_counter()
    allreduce_in_sequence(VALUES).numpy()
    return (time.perf_counter() - began) / ALLREDUCES * 1000


def main() -> None:
    """Report the scheduling policies and the times of this rank."""
    channel = Channel()
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[int(os.environ["HOROVOD_LOCAL_RANK"]) % len(cores)]})
    before = thread_ids()
    rank, _ = collectives.init()
    horovods = thread_ids() - before
    channel.send(
        kind="policies",
        rank=rank,
        own=os.sched_getscheduler(0),
        horovods=[os.sched_getscheduler(thread) for thread in horovods],
    )
    allreduce_in_sequence(VALUES)
    policies = {"giving way": os.SCHED_BATCH, "taking": os.SCHED_OTHER}
    rounds = [
        {name: allreduce_milliseconds(horovods, policy) for name, policy in policies.items()} for _ in range(ROUNDS)
    ]
    channel.send(kind="milliseconds", rank=rank, best={name: min(each[name] for each in rounds) for name in policies})
    collectives.shutdown()


if __name__ == "__main__":
    main()
    # A normal exit would wait for the thread that reads standard input, and abort.
    os._exit(0)
