"""Exact duplicates are found by the driver alone in a small table and by Spark in a large one, with equal results."""

from pathlib import Path

import pyarrow as pa
import pytest

from headrace.prepare.dedup import driver_duplicate_check
from headrace.prepare.dedup.driver_duplicate_check import has_no_duplicates
from headrace.prepare.job import prepare
from headrace.table import Shard, read
from headrace.table.shard_writer import write_shard
from tests.support.raw_images import configuration, encode_image, noise_image, read_rows

HASHES = [
    ({"train": ["a b", "c"], "test": ["d"]}, True, True),
    ({"train": ["a b", "b"], "test": ["d"]}, True, False),
    ({"train": ["a a"], "test": ["d"]}, True, False),
    ({"train": ["a b", "c"], "test": ["c"]}, False, False),
    ({"train": ["a a"], "val": ["b"], "test": ["b"]}, False, False),
]


def shards_with(table: Path, splits: dict[str, list[str]]) -> list[Shard]:
    """Return a shard for each string of one-letter hashes, in turn from all splits."""
    return [
        write_shard(pa.table({"content_hash": hashes.split()}), table, f"part-{split}-{number}", split)
        for number in range(2)
        for split, shards in splits.items()
        for hashes in shards[number : number + 1]
    ]


@pytest.mark.parametrize(("splits", "in_different_splits", "at_all"), HASHES)
def test_has_no_duplicates_compares_hashes_within_and_between_splits(
    tmp_path: Path, splits: dict[str, list[str]], in_different_splits: bool, at_all: bool
) -> None:
    shards = shards_with(tmp_path, splits)
    assert has_no_duplicates(tmp_path, shards, in_one_split=False) == in_different_splits
    assert has_no_duplicates(tmp_path, shards, in_one_split=True) == at_all


def test_has_no_duplicates_returns_false_for_too_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shards = shards_with(tmp_path, {"train": ["a b", "c"]})
    monkeypatch.setattr(driver_duplicate_check, "MAX_ROWS", 2)
    assert not has_no_duplicates(tmp_path, shards, in_one_split=True)


@pytest.mark.usefixtures("spark")
def test_spark_gives_the_same_table_without_duplicates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(12):
        folder = tmp_path / "raw" / ("train", "train", "test")[number % 3] / ("cat", "dog")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.png").write_bytes(encode_image(noise_image(8, 8, channels=1, seed=number)))
    prepare(configuration(tmp_path / "raw", tmp_path / "by driver"))
    monkeypatch.setattr(driver_duplicate_check, "MAX_ROWS", 0)
    prepare(configuration(tmp_path / "raw", tmp_path / "by Spark"))
    by_driver, by_spark = read(tmp_path / "by driver"), read(tmp_path / "by Spark")
    assert read_rows(by_spark) == read_rows(by_driver)
    assert {Path(shard.path).name[-72:] for shard in by_spark.shards} == {
        Path(shard.path).name[-72:] for shard in by_driver.shards
    }
