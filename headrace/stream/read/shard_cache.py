"""Cache shards in memory or on local disk through Petastorm's cache interface.

The key is the content of a shard, not its path, so a table that was prepared again or moved never gets stale rows.
Petastorm's own disk cache uses paths, and its clean-up removes a folder that another rank may be using.
"""

import hashlib
import logging
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from headrace.config.sections.streaming_and_augmentation import Stream
from headrace.errors import DataError
from headrace.storage.atomic_files_and_folders import atomic_write
from headrace.stream.petastorm_import import CacheBase, NullCache
from headrace.table import Shard

log = logging.getLogger(__name__)

Fill = Callable[[], pa.Table]


def shard_key(shard: Shard, columns: tuple[str, ...]) -> str:
    """Return the cache key of some columns of a shard, which depends on its content and not on its path."""
    content = shard.path.removesuffix(".parquet")[-64:]
    return f"{content}-{_digest(columns)}"


@lru_cache
def _digest(columns: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(columns).encode()).hexdigest()[:16]


def open_cache(settings: Stream) -> CacheBase:
    """Return the cache that `settings` configure."""
    if settings.cache == "memory":
        return MemoryCache(settings.cache_bytes)
    if settings.cache == "disk":
        return DiskCache(Path(settings.cache_folder or "."), settings.cache_bytes)
    return NullCache()


class MemoryCache(CacheBase):
    """A cache of shards as Arrow tables in this process.

    The first shards stay; nothing is evicted. Each epoch has a new order, so no shard is known to be needed soonest,
    and evicting the oldest would, if not all shards fit, evict each before it is needed again.

    Args:
        limit: maximum size in bytes.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = 0
        self._tables: dict[str, pa.Table] = {}
        self._lock = threading.Lock()

    def get(self, key: str, fill_cache_func: Fill) -> pa.Table:
        """Return the table cached under `key`, or the one from `fill_cache_func`, which is cached if there is room."""
        table = self._tables.get(key)
        if table is not None:
            return table
        table = fill_cache_func()
        with self._lock:
            if key not in self._tables and self._bytes + table.nbytes <= self._limit:
                self._tables[key] = table
                self._bytes += table.nbytes
        return table

    def cleanup(self) -> None:
        """Empty the cache."""
        with self._lock:
            self._tables.clear()
            self._bytes = 0


class DiskCache(CacheBase):
    """A cache of shards as uncompressed Arrow files in a folder, which any number of processes may share.

    Files are written atomically; a file's name holds the SHA-256 of its bytes, and a damaged file is deleted and
    written again. Nothing is evicted.

    Args:
        folder: folder of the files.
        limit: maximum bytes of the files that this process finds in the folder and adds to it.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._bytes = 0
        self._index: dict[str, Path] | None = None
        self._verified: set[Path] = set()

    def get(self, key: str, fill_cache_func: Fill) -> pa.Table:
        """Return the table cached under `key`, or the one from `fill_cache_func`, which is cached if there is room.

        Raises:
            DataError: the folder cannot be read or written.
        """
        try:
            table = self._load(key)
            if table is None:
                table = fill_cache_func()
                self._store(key, table)
            return table
        except (OSError, pa.ArrowException) as error:
            raise DataError(
                f"The cache {self._folder} cannot be used ({error}). Fix or remove it, or set stream.cache to none."
            ) from error

    def cleanup(self) -> None:
        """Do nothing: another process may be using the folder."""

    def _load(self, key: str) -> pa.Table | None:
        path = self._files().get(key)
        if path is None:
            return None
        try:
            if path not in self._verified and not self._verify(path):
                return None
            return pa.ipc.open_file(pa.memory_map(str(path))).read_all()
        except FileNotFoundError:
            return None

    def _verify(self, path: Path) -> bool:
        if hashlib.sha256(path.read_bytes()).hexdigest() != path.stem[-64:]:
            log.warning("The cached file %s was damaged; reading its shard again.", path)
            path.unlink(missing_ok=True)
            return False
        self._verified.add(path)
        return True

    def _store(self, key: str, table: pa.Table) -> None:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        data = sink.getvalue()
        if self._bytes + data.size <= self._limit:
            path = self._folder / f"{key}-{hashlib.sha256(data).hexdigest()}.arrow"
            atomic_write(path, memoryview(data))
            self._files()[key] = path
            self._bytes += data.size

    def _files(self) -> dict[str, Path]:
        """Return the files of the folder by key, listed once; files that other processes add later are not seen."""
        if self._index is None:
            files = list(self._folder.glob("*.arrow"))
            self._bytes = sum(path.stat().st_size for path in files)
            self._index = {path.stem[:-65]: path for path in files}
        return self._index
