"""Shards are read in the requested order, and closing the reader releases everything."""

import gc
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.stream.read.ordered_shard_reader import read_shards
from headrace.table import Shard, Version
from headrace.table.shard_writer import write_shard
from tests.support.small_table import Content, some_rows, write_shards, write_table


def read_paths(version: Version, shards: list[Shard]) -> list[str]:
    """Return the paths of all rows of the shards."""
    read = read_shards(version.table, shards, ["path"])
    return [path for columns in read for path in columns["path"].tolist()]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """Return a table of 40 shards, many of the same length, some of one row."""
    rows = some_rows(144, [1, 2, 3, 4, 5, 5, 5, 5, 5, 1] * 4)
    return write_table(tmp_path_factory.mktemp("many") / "table", Content(splits={"train": rows}))


@settings(max_examples=30)
@given(st.data())
def test_shards_arrive_in_requested_order(many: Version, data: st.DataObject) -> None:
    shards = data.draw(st.lists(st.sampled_from(many.split("train")), min_size=1, max_size=15, unique=True))
    expected = [path for shard in shards for path in read_paths(many, [shard])]
    assert read_paths(many, shards) == expected


def test_only_named_columns_are_yielded(table: Version) -> None:
    columns = next(read_shards(table.table, table.shards, ["label", "path"]))
    assert set(columns) == {"label", "path"}


def test_other_columns_are_not_read_from_disk(tmp_path: Path) -> None:
    large = np.random.default_rng(0).bytes(4_000_000)
    rows = pa.table({"label": [1], "image": [large]})
    shard = write_shard(rows, tmp_path, "large", "train")
    list(read_shards(tmp_path, [shard], ["label"]))
    before = psutil.Process().io_counters().read_chars
    list(read_shards(tmp_path, [shard], ["label"]))
    assert psutil.Process().io_counters().read_chars - before < 1_000_000


def test_read_values_equal_stored_values(tmp_path: Path) -> None:
    paths = ["ü/日本.png", "a b.png", "x" * 300]
    rows = some_rows(3)
    version = write_table(tmp_path / "table", Content(splits={"train": rows}, paths={"train": paths}))
    (columns,) = read_shards(version.table, version.shards, ["path", "label", "image"])
    assert columns["path"].tolist() == paths
    assert columns["label"].dtype == np.int32
    assert columns["label"].tolist() == list(rows.labels)
    assert columns["image"].tolist() == [image.tobytes() for image in rows.pixels]


@pytest.mark.parametrize(
    "name",
    [
        "a b",
        "a#b",
        "a?b=c",
        "50%",
        "a%20b",
        "split=x",
        "größe",
        "データ",
        "a;b",
        "[a]",
        "a+b&c:d",
        "~a",
        "a\\b",
        "a\nb",
        "a\tb",
        "a\udcffb",
    ],
)
def test_shards_are_read_from_any_path(tmp_path: Path, name: str) -> None:
    content = Content(splits={"train": some_rows(12)})
    shards = write_shards(tmp_path / name, "train", content.splits["train"], content)
    read = read_shards(tmp_path / name, shards, ["path"])
    assert [path for columns in read for path in columns["path"].tolist()] == [f"train/{row}.png" for row in range(12)]


@pytest.mark.usefixtures("no_threads_left")
@pytest.mark.parametrize("taken", [1, 2, 5, 9])
def test_closing_reader_early_leaves_no_thread(table: Version, taken: int) -> None:
    read = read_shards(table.table, table.shards, ["path"])
    for _ in range(taken):
        next(read)
    read.close()


@pytest.mark.usefixtures("no_threads_left")
def test_exhausted_or_dropped_reader_leaves_no_thread(table: Version) -> None:
    list(read_shards(table.table, table.shards, ["path"]))
    read = read_shards(table.table, table.shards, ["path"])
    next(read)
    del read
    gc.collect()


@pytest.mark.usefixtures("no_threads_left")
def test_close_does_not_wait_for_failed_worker(table: Version) -> None:
    """Petastorm's worker waits for room in its queue to report an error, and cannot be stopped meanwhile."""
    list(read_shards(table.table, table.shards, ["path"]))
    for ahead in range(1, 6):
        read = read_shards(table.table, table.shards, ["path"])
        next(read)
        path = table.table / table.shards[ahead + 1].path
        path.rename(path.with_suffix(".removed"))
        for _ in range(ahead - 1):
            next(read)
        _wait_until_idle()
        closing = threading.Thread(target=read.close, daemon=True)
        closing.start()
        closing.join(10)
        assert not closing.is_alive()
        path.with_suffix(".removed").rename(path)


def test_only_few_shards_are_in_memory(tmp_path: Path) -> None:
    size = 2_000_000
    table = pa.table({"image": [bytes(size)]}).cast(
        pa.schema([pa.field("image", pa.binary(), metadata={"compressed": "true"})])
    )
    shards = [write_shard(table, tmp_path, f"part-{number}", "train") for number in range(30)]
    before = pa.total_allocated_bytes()
    for number, _ in enumerate(read_shards(tmp_path, shards, ["image"])):
        if number % 10 == 0:
            _wait_until_idle()
        assert pa.total_allocated_bytes() - before < 8 * size


def test_idle_worker_sleeps(table: Version) -> None:
    """Petastorm's default checks a thousand times a second whether the worker was stopped."""
    before = set(psutil.Process().threads())
    read = read_shards(table.table, table.shards[:2], ["path"])
    next(read)
    _wait_until_idle()
    workers = {thread.id for thread in psutil.Process().threads()} - {thread.id for thread in before}
    wakeups = {worker: _wakeups(worker) for worker in workers}
    assert wakeups
    time.sleep(0.5)
    assert all(_wakeups(worker) - count < 50 for worker, count in wakeups.items())
    read.close()


def _wakeups(thread: int) -> int:
    """Return how often the thread has voluntarily given up the CPU."""
    status = Path(f"/proc/self/task/{thread}/status").read_text(encoding="utf-8")
    return int(status.split("\nvoluntary_ctxt_switches:")[1].split()[0])


def _wait_until_idle() -> None:
    """Wait up to four seconds until the threads of this process are idle."""
    process = psutil.Process()
    for _ in range(40):
        before = sum(process.cpu_times()[:2])
        time.sleep(0.1)
        if sum(process.cpu_times()[:2]) - before < 0.05:
            return
