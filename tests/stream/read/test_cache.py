"""What was read is kept by its content: no other table's rows, no more than allowed, and mended where damaged."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from headrace.config.sections.streaming import Stream
from headrace.errors import DataError
from headrace.stream.petastorm import CacheBase
from headrace.stream.read.cache import DiskCache, MemoryCache, open_cache
from headrace.stream.read.shards import read_shards
from headrace.table import Version
from tests.support.small_table import Content, some_rows, write_table

LARGE = 10**9


@pytest.fixture(params=["memory", "disk"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> CacheBase:
    return MemoryCache(LARGE) if request.param == "memory" else DiskCache(tmp_path / "cache", LARGE)


def rows_of(version: Version, cache: CacheBase, columns: tuple[str, ...] = ("path", "label", "image")) -> list[Any]:
    return [
        row
        for found in read_shards(version.table, version.shards, columns, cache)
        for row in zip(*(found[name].tolist() for name in columns), strict=True)
    ]


def remove_shards(version: Version) -> None:
    shutil.rmtree(version.table / "split=train")


def test_what_is_kept_is_what_was_stored_and_needs_no_shards_any_more(table: Version, cache: CacheBase) -> None:
    stored = rows_of(table, cache)
    remove_shards(table)
    assert rows_of(table, cache) == stored
    assert len(stored) == 96


def test_other_columns_of_the_same_shard_are_other_content(table: Version, cache: CacheBase) -> None:
    labels = rows_of(table, cache, ("label",))
    assert [row[1:2] for row in rows_of(table, cache)] == labels
    remove_shards(table)
    with pytest.raises(DataError, match="cannot be read"):
        rows_of(table, cache, ("image", "label"))


def test_a_table_with_the_same_paths_and_another_content_is_read_anew(tmp_path: Path, cache: CacheBase) -> None:
    first = write_table(tmp_path / "table", Content(splits={"train": some_rows(30)}))
    rows = rows_of(first, cache)
    shutil.rmtree(first.table)
    second = write_table(tmp_path / "table", Content(splits={"train": some_rows(30, shape=(4, 4, 1))}))
    assert rows_of(second, cache) != rows


def test_a_table_that_was_moved_is_found_again(table: Version, tmp_path: Path, cache: CacheBase) -> None:
    stored = rows_of(table, cache)
    moved = Version(table=tmp_path / "elsewhere", number=0, shards=table.shards, summary=table.summary)
    assert rows_of(moved, cache) == stored


def test_memory_keeps_no_more_than_its_limit_and_reads_the_rest_again(table: Version) -> None:
    cache = MemoryCache(4_000)
    stored = rows_of(table, cache)
    assert 0 < cache._bytes <= 4_000
    assert rows_of(table, cache) == stored
    kept = len(cache._kept)
    assert 0 < kept < len(table.shards)
    cache.cleanup()
    assert (cache._bytes, cache._kept) == (0, {})


def test_the_folder_grows_no_larger_than_its_limit_counting_what_was_there(table: Version, tmp_path: Path) -> None:
    for _ in range(2):
        rows_of(table, DiskCache(tmp_path / "cache", 8_000))
        sizes = [path.stat().st_size for path in (tmp_path / "cache").glob("*.arrow")]
        assert 0 < sum(sizes) <= 8_000
        assert len(sizes) < len(table.shards)


def test_a_process_finds_what_another_has_kept(table: Version, tmp_path: Path) -> None:
    stored = rows_of(table, DiskCache(tmp_path / "cache", LARGE))
    remove_shards(table)
    assert rows_of(table, DiskCache(tmp_path / "cache", LARGE)) == stored


@pytest.mark.parametrize("damage", ["flipped", "truncated", "gone"])
def test_a_damaged_copy_is_made_again(table: Version, tmp_path: Path, damage: str) -> None:
    stored = rows_of(table, DiskCache(tmp_path / "cache", LARGE))
    for path in sorted((tmp_path / "cache").glob("*.arrow"))[::2]:
        data = path.read_bytes()
        flipped = data[:300] + bytes([data[300] ^ 1]) + data[301:]
        {"flipped": lambda p, d=flipped: p.write_bytes(d), "truncated": lambda p, d=data: p.write_bytes(d[:200]),
         "gone": lambda p: p.unlink()}[damage](path)  # fmt: skip
    assert rows_of(table, DiskCache(tmp_path / "cache", LARGE)) == stored
    remove_shards(table)
    assert rows_of(table, DiskCache(tmp_path / "cache", LARGE)) == stored


def test_a_folder_that_cannot_be_used_is_one_sentence(table: Version, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DataError, match="The cache .*file cannot be used .* or set stream.cache to none"):
        rows_of(table, DiskCache(tmp_path / "file", LARGE))


def test_the_configuration_chooses_the_cache(tmp_path: Path) -> None:
    assert isinstance(open_cache(Stream(cache="memory")), MemoryCache)
    assert isinstance(open_cache(Stream(cache="disk", cache_folder=str(tmp_path))), DiskCache)
    with pytest.raises(ValueError, match="cache: disk requires `cache_folder`"):
        Stream(cache="disk")
