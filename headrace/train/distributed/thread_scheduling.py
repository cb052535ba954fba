"""Scheduling of Horovod's threads: with few cores per rank they yield the CPU instead of preempting other threads.

Gloo's thread asks the kernel for news without a pause while another thread of the process holds the lock of the
connection (`Pair::handleEvents` tries the lock and, if it cannot have it, returns to a poll that reports the same news
at once). Where the holder waits for the very core on which Gloo's thread asks, and it does right after the message that
it has just sent has woken that thread, both wait until the kernel takes the core away, milliseconds later. An allreduce
of 128 bytes between two ranks with a core each takes 4.5 ms so, and 0.5 to 1.3 ms where a woken thread does not take
the core from a running one: SCHED_BATCH, sched(7).

Where cores are to spare, a woken thread finds an idle one, and to give way would only cost time whenever decoding
keeps all of them busy.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

# Compute, Horovod's thread, Gloo's and the one that reads.
ENOUGH_CORES = 4


def cores_per_rank(ranks: int) -> int:
    """Return the cores per rank if `ranks` processes share the cores of this process; at least 1."""
    return max(1, len(os.sched_getaffinity(0)) // ranks)


@contextmanager
def batch_scheduling() -> Iterator[None]:
    """Give threads started inside, and the calling thread while inside, the scheduling policy SCHED_BATCH."""
    policy, parameter = os.sched_getscheduler(0), os.sched_getparam(0)
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, parameter)
