"""Petastorm's `Reader` can report the end of the data while shards are unread; its worker pool alone cannot."""

import time
from pathlib import Path
from typing import Any

import pytest

from headrace.stream.petastorm_import import ThreadPool
from headrace.stream.read.ordered_shard_reader import read_shards
from headrace.table import read


@pytest.fixture
def losing_race(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hand out the last work exactly between the pool's two checks, as happens on a busy machine."""
    all_workers_done = ThreadPool.all_workers_done

    def check_too_early(pool: Any) -> bool:
        done = bool(all_workers_done(pool))
        ventilator = pool._ventilator
        if ventilator is None:
            return done
        while done and all_workers_done(pool) and not ventilator.completed():
            time.sleep(0.001)
        while done and pool._ventilated_items == len(ventilator._items_to_ventilate) and not ventilator.completed():
            time.sleep(0.001)
        return done

    monkeypatch.setattr(ThreadPool, "all_workers_done", check_too_early)


@pytest.mark.usefixtures("losing_race")
def test_read_shards_reads_every_shard(workspace: Path) -> None:
    version = read(workspace / "table")
    for _ in range(20):
        shards = version.split("train")
        assert sum(len(columns["label"]) for columns in read_shards(version.table, shards, ["label"])) == 1200


@pytest.mark.petastorm
@pytest.mark.usefixtures("losing_race")
def test_petastorm_reader_still_loses_shards(workspace: Path) -> None:
    """When this fails, headrace/stream/read/ordered_shard_reader.py has one reason less to avoid Petastorm's reader."""
    from petastorm import make_batch_reader

    version = read(workspace / "table")
    urls = [f"file://{version.table / shard.path}" for shard in version.split("train")]
    lost = False
    for _ in range(20):
        with make_batch_reader(urls, workers_count=1, shuffle_row_groups=False, num_epochs=1) as reader:
            lost = lost or sum(1 for _ in reader) < len(urls)
    assert lost
