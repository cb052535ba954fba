"""Tables of a few images for the tests of streaming."""

import gc
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from headrace.table import Version
from tests.support.small_table import Content, some_rows, write_table

# The machine may be busy, and a failure must come again.
settings.register_profile("headrace", deadline=None, derandomize=True)
settings.load_profile("headrace")


@pytest.fixture
def table(tmp_path: Path) -> Version:
    """96 rows in shards of 1 to 20 rows; the test may do with it what it likes."""
    return write_table(tmp_path / "table", Content(splits={"train": some_rows(96, (10, 1, 20, 3, 16, 7, 13, 9, 17))}))


@pytest.fixture
def no_threads_left() -> Iterator[None]:
    """The test must leave no thread behind that was not there before."""
    before = _threads()
    yield
    assert_gone(before)


def assert_gone(before: set[threading.Thread]) -> None:
    """All threads but those of `before` end within seconds."""
    gc.collect()
    until = time.monotonic() + 5
    while (left := _threads() - before) and time.monotonic() < until:
        time.sleep(0.01)
    assert not left


def _threads() -> set[threading.Thread]:
    """Those that Python has started and somebody must end.

    TensorFlow's own threads, which have called Python once, are called Dummy. Where a footer cannot be read
    Petastorm leaves an idle pool to the collector, which comes when the error's traceback is forgotten.
    """
    kinds = ("Dummy-", "ThreadPoolExecutor-")
    return {thread for thread in threading.enumerate() if not thread.name.startswith(kinds)}
