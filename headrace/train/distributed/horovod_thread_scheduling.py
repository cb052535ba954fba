"""Make Horovod's threads yield the CPU when there are few cores for each rank.

While another thread of the process holds the lock of a connection, Gloo's thread polls the kernel in a busy loop:
`Pair::handleEvents` tries the lock and, if it fails, returns to a poll that reports the same event at once. The holder
may wait for the core that Gloo's thread occupies; this happens right after its message has woken that thread. Both then
wait until the kernel preempts Gloo's thread, milliseconds later. Between two ranks with one core each, an allreduce of
128 bytes takes 4.5 ms this way. It takes 0.5 to 1.3 ms under SCHED_BATCH (see sched(7)), where a woken thread does not
preempt a running one. (On Linux 6.18 both take 1.15 ms.)

With cores to spare, a woken thread finds an idle core, and yielding would only cost time whenever decoding keeps all
cores busy.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

# One each for compute, Horovod's thread, Gloo's thread and the reader.
ENOUGH_CORES = 4


def cores_per_rank(ranks: int) -> int:
    """Return the cores per rank if `ranks` processes share the cores of this process; at least 1."""
    return max(1, len(os.sched_getaffinity(0)) // ranks)


@contextmanager
def batch_scheduling() -> Iterator[None]:
    """Set the scheduling policy SCHED_BATCH for the calling thread inside the context and for threads started there."""
    policy, parameter = os.sched_getscheduler(0), os.sched_getparam(0)
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, parameter)
