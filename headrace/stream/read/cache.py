"""What was read once, kept: in the memory of the process or on a disk near it, by Petastorm's interface.

The key is the content of a shard, not its path: a table that was prepared again, or moved, never gets another's
rows. Petastorm's own disk cache goes by path, and its clean-up removes a folder that another rank may be using.
"""

import hashlib
import logging
import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from headrace.config.sections.streaming import Stream
from headrace.errors import DataError
from headrace.storage.atomic import atomic_write
from headrace.stream.petastorm import CacheBase, NullCache
from headrace.table import Shard

log = logging.getLogger(__name__)

Fill = Callable[[], pa.Table]


def shard_key(shard: Shard, columns: tuple[str, ...]) -> str:
    """The same for the same columns of the same content, wherever it lies."""
    content = shard.path.removesuffix(".parquet")[-64:]
    return f"{content}-{_digest(columns)}"


@lru_cache
def _digest(columns: tuple[str, ...]) -> str:
    return hashlib.sha256("\0".join(columns).encode()).hexdigest()[:16]


def open_cache(settings: Stream) -> CacheBase:
    """The cache that `settings` ask for."""
    if settings.cache == "memory":
        return MemoryCache(settings.cache_bytes)
    if settings.cache == "disk":
        return DiskCache(Path(settings.cache_folder or "."), settings.cache_bytes)
    return NullCache()


class MemoryCache(CacheBase):
    """Shards as Arrow tables in this process.

    What came first stays. In an order that is new each epoch, nothing else says which shard will be wanted soonest,
    and to drop the oldest for the newest would, where not all fits, drop each before it is wanted again.

    Args:
        limit: bytes at most.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = 0
        self._kept: dict[str, pa.Table] = {}
        self._lock = threading.Lock()

    def get(self, key: str, fill_cache_func: Fill) -> pa.Table:
        """What is kept under `key`; if nothing is, what `fill_cache_func` gives, which is kept if there is room."""
        found = self._kept.get(key)
        if found is not None:
            return found
        found = fill_cache_func()
        with self._lock:
            if key not in self._kept and self._bytes + found.nbytes <= self._limit:
                self._kept[key] = found
                self._bytes += found.nbytes
        return found

    def cleanup(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0


class DiskCache(CacheBase):
    """Shards as uncompressed Arrow files in a folder, which any number of processes may share.

    A file appears whole or not at all; its name holds the SHA-256 of its bytes, and one that was damaged since is
    thrown away and made again. Nothing is ever removed to make room.

    Args:
        limit: bytes at most that this process finds in the folder and adds to it.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._bytes = 0
        self._index: dict[str, Path] | None = None
        self._verified: set[Path] = set()

    def get(self, key: str, fill_cache_func: Fill) -> pa.Table:
        """What is kept under `key`; if nothing is, what `fill_cache_func` gives, which is kept if there is room.

        Raises:
            DataError: the folder cannot be used.
        """
        try:
            found = self._found(key)
            if found is None:
                found = fill_cache_func()
                self._keep(key, found)
            return found
        except (OSError, pa.ArrowException) as error:
            raise DataError(
                f"The cache {self._folder} cannot be used ({error}). Mend it, remove it, or set stream.cache to none."
            ) from error

    def cleanup(self) -> None:
        """Nothing: another process may be using the folder."""

    def _found(self, key: str) -> pa.Table | None:
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
            log.warning("%s was damaged; it is made again.", path)
            path.unlink(missing_ok=True)
            return False
        self._verified.add(path)
        return True

    def _keep(self, key: str, found: pa.Table) -> None:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, found.schema) as writer:
            writer.write_table(found)
        data = sink.getvalue()
        if self._bytes + data.size <= self._limit:
            path = self._folder / f"{key}-{hashlib.sha256(data).hexdigest()}.arrow"
            atomic_write(path, memoryview(data))
            self._files()[key] = path
            self._bytes += data.size

    def _files(self) -> dict[str, Path]:
        """What the folder holds, looked up once; what others add later is only made once more."""
        if self._index is None:
            files = list(self._folder.glob("*.arrow"))
            self._bytes = sum(path.stat().st_size for path in files)
            self._index = {path.stem[:-65]: path for path in files}
        return self._index
