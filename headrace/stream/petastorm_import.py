"""Import Petastorm's thread pool and cache interface without running its package's `__init__`.

`petastorm/__init__.py` imports readers that need names which pyarrow removed in version 15; the parts used here do
not need pyarrow. They are imported while an empty package replaces `petastorm`. It is removed afterwards, so that a
program that imports all of Petastorm in the same process still gets it, or the original import error.
"""

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

NAME = "petastorm"


@contextmanager
def without_initialization() -> Iterator[None]:
    """Allow imports of Petastorm's submodules without running `petastorm/__init__.py`.

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

# Interval at which an idle worker checks whether it was stopped. Petastorm's default of 1 ms takes 3 % of the core on
# which a rank computes. Headrace's workers need no check, because `read_shards` wakes them to stop; the workers of a
# program that uses Petastorm in the same process still stop in time.
thread_pool.IO_TIMEOUT_INTERVAL_S = 0.1

__all__ = ["CacheBase", "NullCache", "ThreadPool", "WorkerBase", "thread_pool", "without_initialization"]
