"""Petastorm reads what it is told, in the order it is told, and lets go of everything when it is stopped."""

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

from headrace.stream.read.shards import read_shards
from headrace.table import Shard, Version
from headrace.table.shards import write_shard
from tests.support.small_table import Content, some_rows, write_shards, write_table


def paths_of(version: Version, shards: list[Shard]) -> list[str]:
    read = read_shards(version.table, shards, ["path"])
    return [path for columns in read for path in columns["path"].tolist()]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Version:
    """40 shards, many of the same length, some of one row."""
    rows = some_rows(144, [1, 2, 3, 4, 5, 5, 5, 5, 5, 1] * 4)
    return write_table(tmp_path_factory.mktemp("many") / "table", Content(splits={"train": rows}))


@settings(max_examples=30)
@given(st.data())
def test_shards_arrive_in_the_order_in_which_they_are_asked_for(many: Version, data: st.DataObject) -> None:
    shards = data.draw(st.lists(st.sampled_from(many.split("train")), min_size=1, max_size=15, unique=True))
    expected = [path for shard in shards for path in paths_of(many, [shard])]
    assert paths_of(many, shards) == expected


def test_only_the_named_columns_are_given(table: Version) -> None:
    columns = next(read_shards(table.table, table.shards, ["label", "path"]))
    assert set(columns) == {"label", "path"}


def test_columns_that_are_not_named_are_not_read_from_the_disk(tmp_path: Path) -> None:
    large = np.random.default_rng(0).bytes(4_000_000)
    rows = pa.table({"label": [1], "image": [large]})
    shard = write_shard(rows, tmp_path, "large", "train")
    list(read_shards(tmp_path, [shard], ["label"]))
    before = psutil.Process().io_counters().read_chars
    list(read_shards(tmp_path, [shard], ["label"]))
    assert psutil.Process().io_counters().read_chars - before < 1_000_000


def test_what_was_stored_is_what_is_read(tmp_path: Path) -> None:
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
def test_shards_may_lie_at_any_path(tmp_path: Path, name: str) -> None:
    content = Content(splits={"train": some_rows(12)})
    shards = write_shards(tmp_path / name, "train", content.splits["train"], content)
    read = read_shards(tmp_path / name, shards, ["path"])
    assert [path for columns in read for path in columns["path"].tolist()] == [f"train/{row}.png" for row in range(12)]


@pytest.mark.usefixtures("no_threads_left")
@pytest.mark.parametrize("taken", [1, 2, 5, 9])
def test_a_reader_that_is_closed_early_leaves_no_thread(table: Version, taken: int) -> None:
    read = read_shards(table.table, table.shards, ["path"])
    for _ in range(taken):
        next(read)
    read.close()


@pytest.mark.usefixtures("no_threads_left")
def test_a_reader_that_is_read_to_its_end_or_forgotten_leaves_no_thread(table: Version) -> None:
    list(read_shards(table.table, table.shards, ["path"]))
    read = read_shards(table.table, table.shards, ["path"])
    next(read)
    del read
    gc.collect()


@pytest.mark.usefixtures("no_threads_left")
def test_closing_does_not_wait_for_a_worker_that_has_failed_ahead(table: Version) -> None:
    """Petastorm's worker waits for room in its queue to tell of an error, and cannot be stopped while it waits."""
    list(read_shards(table.table, table.shards, ["path"]))
    for ahead in range(1, 6):
        read = read_shards(table.table, table.shards, ["path"])
        next(read)
        gone = table.table / table.shards[ahead + 1].path
        gone.rename(gone.with_suffix(".gone"))
        for _ in range(ahead - 1):
            next(read)
        _until_quiet()
        closing = threading.Thread(target=read.close, daemon=True)
        closing.start()
        closing.join(10)
        assert not closing.is_alive()
        gone.with_suffix(".gone").rename(gone)


def test_no_more_than_a_few_shards_are_in_memory(tmp_path: Path) -> None:
    size = 2_000_000
    table = pa.table({"image": [bytes(size)]}).cast(
        pa.schema([pa.field("image", pa.binary(), metadata={"compressed": "true"})])
    )
    shards = [write_shard(table, tmp_path, f"part-{number}", "train") for number in range(30)]
    before = pa.total_allocated_bytes()
    for number, _ in enumerate(read_shards(tmp_path, shards, ["image"])):
        if number % 10 == 0:
            _until_quiet()
        assert pa.total_allocated_bytes() - before < 8 * size


def test_a_worker_with_nothing_to_do_sleeps(table: Version) -> None:
    """Petastorm's looks a thousand times a second whether it was stopped."""
    before = set(psutil.Process().threads())
    read = read_shards(table.table, table.shards[:2], ["path"])
    next(read)
    _until_quiet()
    workers = {each.id for each in psutil.Process().threads()} - {each.id for each in before}
    woken = {worker: _times_woken(worker) for worker in workers}
    assert woken
    time.sleep(0.5)
    assert all(_times_woken(worker) - times < 50 for worker, times in woken.items())
    read.close()


def _times_woken(thread: int) -> int:
    status = Path(f"/proc/self/task/{thread}/status").read_text(encoding="utf-8")
    return int(status.split("\nvoluntary_ctxt_switches:")[1].split()[0])


def _until_quiet() -> None:
    """Wait until the threads of this process have nothing more to do, seconds at most."""
    process = psutil.Process()
    for _ in range(40):
        before = sum(process.cpu_times()[:2])
        time.sleep(0.1)
        if sum(process.cpu_times()[:2]) - before < 0.05:
            return
