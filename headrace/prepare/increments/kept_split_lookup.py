"""The splits that an earlier version gave its rows, which they keep when they are prepared again with other settings.

The split hash is taken of the prepared content, which other settings change, so that without this, test rows would
become training rows. A row is found by its path, also in a changed file if columns identify its rows; where the path is
a hash of columns that have changed too, by its position in its unchanged file; and by its content, where an earlier
version kept splits or assigned them by class.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import xxhash
from numpy.typing import NDArray

from headrace.prepare.increments.removed_file_set import RemovedFiles
from headrace.storage.open_parquet import open_parquet
from headrace.table import Version
from headrace.table.rejects_and_duplicates_reader import duplicates_path, read_dropped
from headrace.table.transaction_log import list_shards
from headrace.table.version_and_preparation_summary import SPLITS


@dataclass(frozen=True)
class SplitLookup:
    """Splits by 64-bit hashes of names: 9 bytes a row, so that tasks can hold those of millions of rows.

    Two of ten million names share a hash with a probability of 1 in 400,000.

    Attributes:
        hashes: sorted.
        splits: index in `SPLITS` by hash.
    """

    hashes: NDArray[np.uint64]
    splits: NDArray[np.uint8]

    @classmethod
    def from_pairs(cls, names: Iterable[str], splits: Iterable[str]) -> "SplitLookup":
        """Return the lookup of `names`; of equal names, the first one's split counts."""
        hashes = np.fromiter((hash_name(name) for name in names), np.uint64)
        return cls.from_hashes(hashes, np.fromiter((SPLITS.index(split) for split in splits), np.uint8))

    @classmethod
    def from_hashes(cls, hashes: NDArray[np.uint64], splits: NDArray[np.uint8]) -> "SplitLookup":
        """Return the lookup of hashed names."""
        unique, first = np.unique(hashes, return_index=True)
        return cls(unique, splits[first])

    def find(self, name: str) -> str | None:
        """Return the split of `name`; None if it is not known."""
        value = np.uint64(hash_name(name))
        index = int(np.searchsorted(self.hashes, value))
        if index == len(self.hashes) or self.hashes[index] != value:
            return None
        return SPLITS[self.splits[index]]


def hash_name(name: str) -> int:
    """Return the hash under which `SplitLookup` has a name."""
    return xxhash.xxh3_64_intdigest(name.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, kw_only=True)
class KeptSplits:
    """Splits of the rows of an earlier version.

    Attributes:
        version: number of that version.
        rows: number of its rows.
        paths: by path; also of its dropped duplicates, which have the split of the kept row.
        positions: by file and position, such as `a.csv/line 7`; None if rows are found by their paths.
        contents: by content hash; None if equal contents are in one split anyway.
    """

    version: int
    rows: int
    paths: SplitLookup | None = None
    positions: SplitLookup | None = None
    contents: SplitLookup | None = None

    def find(self, path: str, position: str | None, content: str) -> str | None:
        """Return the split of a row; None if the earlier version does not have it."""
        names = ((self.paths, path), (self.positions, position), (self.contents, content))
        found = (lookup.find(name) for lookup, name in names if lookup is not None and name is not None)
        return next((split for split in found if split is not None), None)


def read_paths(version: Version, files: RemovedFiles | None = None) -> SplitLookup:
    """Return the splits of the rows of `version` and of its dropped duplicates by their paths.

    Args:
        files: files whose rows are meant, without dropped duplicates; None for all.
    """
    lookup = _read_column(version, "path", lambda path: files is None or path in files)
    if files is not None:
        return lookup
    number = version.summary.duplicates_version
    if number is None:
        return lookup
    dropped = read_dropped(version.table, list_shards(duplicates_path(version.table), number))
    known = {path: split for path, kept in dropped.items() if (split := lookup.find(kept)) is not None}
    more = SplitLookup.from_pairs(known.keys(), known.values())
    hashes = np.concatenate([lookup.hashes, more.hashes])
    return SplitLookup.from_hashes(hashes, np.concatenate([lookup.splits, more.splits]))


def read_contents(version: Version) -> SplitLookup:
    """Return the splits of the rows of `version` by their content hashes."""
    return _read_column(version, "content_hash")


def _read_column(version: Version, column: str, is_meant: Callable[[str], bool] = lambda _: True) -> SplitLookup:
    hashes, splits = [np.array([], np.uint64)], [np.array([], np.uint8)]
    for shard in version.shards:
        with open_parquet(version.table / shard.path) as file:
            names = [*filter(is_meant, file.read([column])[column].to_pylist())]
        hashes.append(np.fromiter(map(hash_name, names), np.uint64, len(names)))
        splits.append(np.full(len(names), SPLITS.index(shard.split), np.uint8))
    return SplitLookup.from_hashes(np.concatenate(hashes), np.concatenate(splits))


POSITIONS = "hashes binary, splits binary"


def find_positions(paths: SplitLookup, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield `POSITIONS` for each batch of file, key and row: the hashed position and split of rows in `paths`."""
    for batch in batches:
        rows = zip(*(batch[name].to_pylist() for name in ("file", "key", "row")), strict=True)
        found = {
            f"{file}/{row}": SPLITS.index(split)
            for file, key, row in rows
            if row is not None and (split := paths.find(f"{file}/{key}")) is not None
        }
        hashes = np.fromiter(map(hash_name, found), np.uint64, len(found)).tobytes()
        yield pa.RecordBatch.from_pylist([{"hashes": hashes, "splits": bytes(found.values())}])


def join_positions(rows: Iterable[tuple[bytes, bytes]]) -> SplitLookup:
    """Return the lookup of the rows that `find_positions` yields."""
    pairs = list(rows)
    hashes = np.frombuffer(b"".join(bytes(one) for one, _ in pairs), np.uint64)
    return SplitLookup.from_hashes(hashes, np.frombuffer(b"".join(bytes(one) for _, one in pairs), np.uint8))
