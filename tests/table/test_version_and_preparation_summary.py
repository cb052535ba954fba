"""A version returns its shards by split, and names its splits where it lacks one."""

from pathlib import Path

import pytest

from headrace.errors import DataError
from headrace.table import Shard, Version
from tests.support.table_versions import summary


def make_version(splits: tuple[str, ...]) -> Version:
    """Return version 4 with one shard for each of these splits."""
    shards = tuple(Shard(path=f"{n}", split=s, rows=1, size=1, modified=0) for n, s in enumerate(splits))
    return Version(table=Path("t"), number=4, shards=shards, summary=summary(counts={s: {"cat": 1} for s in splits}))


def test_split_returns_its_shards_ordered_by_path() -> None:
    both = make_version(("train", "test", "train"))
    assert [shard.path for shard in both.split("train")] == ["0", "2"]
    assert [shard.path for shard in both.split("test")] == ["1"]


def test_split_refuses_missing_split_and_lists_existing_ones() -> None:
    with pytest.raises(DataError, match=r"Version 4 of t has no split 'val'; it has: train, test\."):
        make_version(("test", "train")).split("val")
    with pytest.raises(DataError, match="it has: none"):
        make_version(()).split("train")
