"""Caches are keyed by content, stay within their limit, and replace damaged files."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from headrace.config.sections.streaming_and_augmentation import Stream
from headrace.errors import DataError
from headrace.stream.petastorm_import import CacheBase
from headrace.stream.read.ordered_shard_reader import read_shards
from headrace.stream.read.shard_cache import DiskCache, MemoryCache, open_cache
from headrace.table import Version
from tests.support.small_table import Content, some_rows, write_table

LARGE = 10**9


@pytest.fixture(params=["memory", "disk"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> CacheBase:
    """Return an empty cache in memory or on disk."""
    return MemoryCache(LARGE) if request.param == "memory" else DiskCache(tmp_path / "cache", LARGE)


def read_rows(version: Version, cache: CacheBase, columns: tuple[str, ...] = ("path", "label", "image")) -> list[Any]:
    """Return all rows of the version, read through the cache."""
    return [
        row
        for found in read_shards(version.table, version.shards, columns, cache)
        for row in zip(*(found[name].tolist() for name in columns), strict=True)
    ]


def remove_shards(version: Version) -> None:
    """Delete all shards, so that only a cache has their rows."""
    shutil.rmtree(version.table / "split=train")


def test_cached_rows_equal_stored_rows_without_reading_shards(table: Version, cache: CacheBase) -> None:
    stored = read_rows(table, cache)
    remove_shards(table)
    assert read_rows(table, cache) == stored
    assert len(stored) == 96


def test_other_columns_of_same_shard_are_cached_separately(table: Version, cache: CacheBase) -> None:
    labels = read_rows(table, cache, ("label",))
    assert [row[1:2] for row in read_rows(table, cache)] == labels
    remove_shards(table)
    with pytest.raises(DataError, match="cannot be read"):
        read_rows(table, cache, ("image", "label"))


def test_same_paths_with_other_content_are_read_again(tmp_path: Path, cache: CacheBase) -> None:
    first = write_table(tmp_path / "table", Content(splits={"train": some_rows(30)}))
    rows = read_rows(first, cache)
    shutil.rmtree(first.table)
    second = write_table(tmp_path / "table", Content(splits={"train": some_rows(30, shape=(4, 4, 1))}))
    assert read_rows(second, cache) != rows


def test_moved_table_is_found_in_cache(table: Version, tmp_path: Path, cache: CacheBase) -> None:
    stored = read_rows(table, cache)
    moved = Version(table=tmp_path / "elsewhere", number=0, shards=table.shards, summary=table.summary)
    assert read_rows(moved, cache) == stored


def test_memory_cache_stays_within_limit_and_reads_rest_again(table: Version) -> None:
    cache = MemoryCache(4_000)
    stored = read_rows(table, cache)
    assert 0 < cache._bytes <= 4_000
    assert read_rows(table, cache) == stored
    cached = len(cache._tables)
    assert 0 < cached < len(table.shards)
    cache.cleanup()
    assert (cache._bytes, cache._tables) == (0, {})


def test_disk_cache_limit_includes_existing_files(table: Version, tmp_path: Path) -> None:
    for _ in range(2):
        read_rows(table, DiskCache(tmp_path / "cache", 8_000))
        sizes = [path.stat().st_size for path in (tmp_path / "cache").glob("*.arrow")]
        assert 0 < sum(sizes) <= 8_000
        assert len(sizes) < len(table.shards)


def test_disk_cache_is_shared_between_processes(table: Version, tmp_path: Path) -> None:
    stored = read_rows(table, DiskCache(tmp_path / "cache", LARGE))
    remove_shards(table)
    assert read_rows(table, DiskCache(tmp_path / "cache", LARGE)) == stored


@pytest.mark.parametrize("damage", ["flipped", "truncated", "deleted"])
def test_damaged_file_is_replaced(table: Version, tmp_path: Path, damage: str) -> None:
    stored = read_rows(table, DiskCache(tmp_path / "cache", LARGE))
    for path in sorted((tmp_path / "cache").glob("*.arrow"))[::2]:
        data = path.read_bytes()
        flipped = data[:300] + bytes([data[300] ^ 1]) + data[301:]
        {"flipped": lambda p, d=flipped: p.write_bytes(d), "truncated": lambda p, d=data: p.write_bytes(d[:200]),
         "deleted": lambda p: p.unlink()}[damage](path)  # fmt: skip
    assert read_rows(table, DiskCache(tmp_path / "cache", LARGE)) == stored
    remove_shards(table)
    assert read_rows(table, DiskCache(tmp_path / "cache", LARGE)) == stored


def test_unusable_folder_is_refused(table: Version, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(DataError, match="The cache .*file cannot be used .* or set stream.cache to none"):
        read_rows(table, DiskCache(tmp_path / "file", LARGE))


def test_open_cache_follows_configuration(tmp_path: Path) -> None:
    assert isinstance(open_cache(Stream(cache="memory")), MemoryCache)
    assert isinstance(open_cache(Stream(cache="disk", cache_folder=str(tmp_path))), DiskCache)
    with pytest.raises(ValueError, match="cache: disk requires `cache_folder`"):
        Stream(cache="disk")
