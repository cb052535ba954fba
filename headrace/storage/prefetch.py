"""Several requests at once, for what takes long only because the store is far away."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

AT_ONCE = 8


def prefetch(read: Callable[[Item], Result], items: Iterable[Item], at_once: int = AT_ONCE) -> Iterator[Result]:
    """`read` of every item, in their order; at most `at_once` are read or wait to be taken.

    An error comes in the place of its item, and nothing after it.
    """
    left = iter(items)
    with ThreadPoolExecutor(at_once) as pool:
        waiting: deque[Future[Result]] = deque(pool.submit(read, item) for item in islice(left, at_once))
        try:
            while waiting:
                found = waiting.popleft().result()
                waiting.extend(pool.submit(read, item) for item in islice(left, 1))
                yield found
        finally:
            for future in waiting:
                future.cancel()
