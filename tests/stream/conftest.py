"""Small image tables and thread checks for the streaming tests."""

import gc
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from headrace.table import Version, read
from tests.support.small_table import Content, some_rows, write_table

# No deadline, because the machine may be busy; derandomized, so that failures are reproducible.
settings.register_profile("headrace", deadline=None, derandomize=True)
settings.load_profile("headrace")


@pytest.fixture(scope="session")
def intact_table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a table of 96 rows in shards of 1 to 20 rows; do not change it."""
    content = Content(splits={"train": some_rows(96, (10, 1, 20, 3, 16, 7, 13, 9, 17))})
    folder = tmp_path_factory.mktemp("stream") / "table"
    write_table(folder, content)
    return folder


@pytest.fixture
def table(intact_table: Path, tmp_path: Path) -> Version:
    """Return a copy of `intact_table`, which the test may damage."""
    return read(shutil.copytree(intact_table, tmp_path / "table"))


@pytest.fixture
def no_threads_left() -> Iterator[None]:
    """Fail if the test leaves a thread behind."""
    before = _threads()
    yield
    assert_no_new_threads(before)


def assert_no_new_threads(before: set[threading.Thread]) -> None:
    """Wait up to 5 seconds until all threads except `before` have ended."""
    until = time.monotonic() + 5
    if _threads() - before:
        gc.collect()
    while (left := _threads() - before) and time.monotonic() < until:
        time.sleep(0.01)
    assert not left


def _threads() -> set[threading.Thread]:
    """Return the threads that Python started and that must be ended.

    TensorFlow's own threads that have called Python are named Dummy. If a footer cannot be read, Petastorm leaves an
    idle ThreadPoolExecutor to the garbage collector, which frees it with the error's traceback.
    """
    kinds = ("Dummy-", "ThreadPoolExecutor-")
    return {thread for thread in threading.enumerate() if not thread.name.startswith(kinds)}
