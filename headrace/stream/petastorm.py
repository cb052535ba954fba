"""The parts of Petastorm that the stream uses: its thread pool and the interface of its cache.

`petastorm/__init__.py` imports readers that need names which pyarrow dropped in version 15; the parts used here need
no pyarrow. They are imported while an empty package stands in for `petastorm`. Afterwards it is removed, so that a
program which imports the whole of Petastorm in the same process still gets it, or its own error.
"""

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

NAME = "petastorm"


@contextmanager
def without_initialization() -> Iterator[None]:
    """Let the submodules of Petastorm be imported without running `petastorm/__init__.py`.

    Raises:
        ModuleNotFoundError: Petastorm is not installed.
    """
    if NAME in sys.modules:
        yield
        return
    spec = importlib.util.find_spec(NAME)
    if spec is None or spec.submodule_search_locations is None:
        raise ModuleNotFoundError(f"No module named {NAME!r}", name=NAME)
    package = ModuleType(NAME)
    package.__spec__, package.__path__ = spec, spec.submodule_search_locations
    sys.modules[NAME] = package
    try:
        yield
    finally:
        sys.modules.pop(NAME, None)


with without_initialization():
    from petastorm.cache import CacheBase, NullCache
    from petastorm.workers_pool import thread_pool
    from petastorm.workers_pool.thread_pool import ThreadPool
    from petastorm.workers_pool.worker_base import WorkerBase

# An idle worker of the pool looks this often whether it was stopped, every millisecond if Petastorm had its way: 3 % of
# the core on which a rank computes. Ours need not look, as one that is stopped is given something to do; those of a
# program that uses Petastorm itself, in the same process, still end in time.
thread_pool.IO_TIMEOUT_INTERVAL_S = 0.1

__all__ = ["CacheBase", "NullCache", "ThreadPool", "WorkerBase", "thread_pool", "without_initialization"]
