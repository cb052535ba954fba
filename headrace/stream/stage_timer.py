"""How long each stage works, or waits for another; several threads may add to the same watch."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from headrace.stream.petastorm import CacheBase

Item = TypeVar("Item")


class StageTimer:
    """Seconds and bytes of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.bytes = 0
        self._lock = threading.Lock()

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the time of a block of code to `stage`."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.add(stage, time.perf_counter() - began)

    def waits(self, stage: str, items: Iterator[Item]) -> Iterator[Item]:
        """The same items, with the time until each comes added to `stage`."""
        while True:
            with self.timed(stage):
                item = next(items, None)
            if item is None:
                return
            yield item

    def add(self, stage: str, seconds: float, read: int = 0) -> None:
        """Add `seconds` to `stage`, and `read` bytes to those that were read."""
        with self._lock:
            self.seconds[stage] += seconds
            self.bytes += read

    def clear(self) -> None:
        """Begin again at nothing."""
        with self._lock:
            self.seconds.clear()
            self.bytes = 0


class TimedCache(CacheBase):
    """Another cache, with the time that it, or reading, takes."""

    def __init__(self, cache: CacheBase, watch: StageTimer, stage: str) -> None:
        self._cache, self._watch, self._stage = cache, watch, stage

    def get(self, key: str, fill_cache_func: Callable[[], Any]) -> Any:
        """What the other cache gives."""
        began = time.perf_counter()
        found = self._cache.get(key, fill_cache_func)
        self._watch.add(self._stage, time.perf_counter() - began, found.nbytes)
        return found
