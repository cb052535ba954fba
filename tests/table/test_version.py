"""A version gives its shards by split, and says which splits it has where it lacks one."""

from pathlib import Path

import pytest

from headrace.errors import DataError
from headrace.table import Shard, Version
from tests.support.table_versions import summary


def version(splits: tuple[str, ...]) -> Version:
    shards = tuple(Shard(path=f"{n}", split=s, rows=1, size=1, modified=0) for n, s in enumerate(splits))
    return Version(table=Path("t"), number=4, shards=shards, summary=summary(counts={s: {"cat": 1} for s in splits}))


def test_a_split_is_its_shards_ordered_by_path() -> None:
    both = version(("train", "test", "train"))
    assert [shard.path for shard in both.split("train")] == ["0", "2"]
    assert [shard.path for shard in both.split("test")] == ["1"]


def test_a_split_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(DataError, match=r"Version 4 of t has no split 'val'; it has: train, test\."):
        version(("test", "train")).split("val")
    with pytest.raises(DataError, match="it has: none"):
        version(()).split("train")
