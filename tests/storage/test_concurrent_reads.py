import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.storage.concurrent_reads import prefetch


@settings(deadline=None)
@given(st.lists(st.integers()), st.integers(1, 9))
def test_prefetch_yields_everything_once_in_order(items: list[int], at_once: int) -> None:
    assert list(prefetch(str, items, at_once)) == [str(item) for item in items]


def test_prefetch_reads_several_items_at_once() -> None:
    together = threading.Barrier(4)
    # Each read ends only after four have started.
    assert len(list(prefetch(lambda _: together.wait(10), range(8), 4))) == 8


def test_prefetch_takes_no_more_items_than_its_limit() -> None:
    asked = list[int]()

    def items() -> Iterator[int]:
        for number in range(100):
            asked.append(number)
            yield number

    found = prefetch(str, items(), 4)
    assert [next(found), next(found)] == ["0", "1"]
    assert len(asked) <= 6
    found.close()  # type: ignore[attr-defined]


def test_prefetch_raises_error_in_order() -> None:
    found = prefetch(lambda number: 1 // number, [1, 1, 0, 1], 4)
    assert [next(found), next(found)] == [1, 1]
    with pytest.raises(ZeroDivisionError):
        next(found)
