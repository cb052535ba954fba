"""Concurrent reads, which hide the latency of a remote store."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

AT_ONCE = 8


def prefetch(read: Callable[[Item], Result], items: Iterable[Item], at_once: int = AT_ONCE) -> Iterator[Result]:
    """Yield `read(item)` for every item, in order; at most `at_once` results are in flight or waiting.

    An error is raised at the position of its item and ends the iteration.
    """
    remaining = iter(items)
    with ThreadPoolExecutor(at_once) as pool:
        waiting: deque[Future[Result]] = deque(pool.submit(read, item) for item in islice(remaining, at_once))
        try:
            while waiting:
                result = waiting.popleft().result()
                waiting.extend(pool.submit(read, item) for item in islice(remaining, 1))
                yield result
        finally:
            for future in waiting:
                future.cancel()
