"""Measure how long each stage of the stream works or waits; threads may share a timer."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from headrace.stream.petastorm_import import CacheBase

Item = TypeVar("Item")


class StageTimer:
    """The seconds of each stage, and the bytes read."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.bytes = 0
        self._lock = threading.Lock()

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the time of the block to `stage`."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.add(stage, time.perf_counter() - began)

    def time_waits(self, stage: str, items: Iterator[Item]) -> Iterator[Item]:
        """Yield the items, and add the time that each takes to arrive to `stage`."""
        while True:
            with self.timed(stage):
                item = next(items, None)
            if item is None:
                return
            yield item

    def add(self, stage: str, seconds: float, read: int = 0) -> None:
        """Add `seconds` to `stage`, and `read` to the bytes read."""
        with self._lock:
            self.seconds[stage] += seconds
            self.bytes += read

    def clear(self) -> None:
        """Reset all seconds and bytes to zero."""
        with self._lock:
            self.seconds.clear()
            self.bytes = 0


class TimedCache(CacheBase):
    """A wrapper that times another cache, including the reads on a miss."""

    def __init__(self, cache: CacheBase, timer: StageTimer, stage: str) -> None:
        self._cache, self._timer, self._stage = cache, timer, stage

    def get(self, key: str, fill_cache_func: Callable[[], Any]) -> Any:
        """Return the other cache's value for `key`."""
        began = time.perf_counter()
        value = self._cache.get(key, fill_cache_func)
        self._timer.add(self._stage, time.perf_counter() - began, value.nbytes)
        return value
