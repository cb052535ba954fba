"""Read concurrently, to hide the latency of remote stores."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_CONCURRENT_READS = 8


def prefetch(
    read: Callable[[Item], Result], items: Iterable[Item], concurrency: int = MAX_CONCURRENT_READS
) -> Iterator[Result]:
    """Yield `read(item)` for every item, in order; at most `concurrency` results are in flight or waiting.

    An error is raised at the position of its item and ends the iteration.
    """
    remaining = iter(items)
    with ThreadPoolExecutor(concurrency) as pool:
        waiting: deque[Future[Result]] = deque(pool.submit(read, item) for item in islice(remaining, concurrency))
        try:
            while waiting:
                result = waiting.popleft().result()
                waiting.extend(pool.submit(read, item) for item in islice(remaining, 1))
                yield result
        finally:
            for future in waiting:
                future.cancel()
