"""Find rows of a split that are also in training data: same record, same content or overlapping window.

Only identity and hash columns are read, a shard at a time; a shard that several versions share is read once.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.features.windows.contract_spec import windows_of
from headrace.storage.concurrent_reads import prefetch
from headrace.storage.open_parquet import open_parquet
from headrace.table.rejects_and_duplicates_reader import duplicates_path, read_dropped
from headrace.table.shard_writer import Shard
from headrace.table.transaction_log import list_shards
from headrace.table.version_and_preparation_summary import Version

COLUMNS = ["path", "content_hash"]
# Each batch is compared with all rows of the split, so that larger batches are faster; one takes about 100 MB.
BATCH_ROWS = 500_000


class SplitRows:
    """The rows of a split, and which of them were found in training splits so far.

    A row is found if a training row has the same content hash; or, in the same table or another one of the same source,
    the same path, or the path of a record that was dropped as a duplicate of the row. A window is also found if the row
    that it predicts is one that a training window receives or predicts.
    """

    def __init__(self, version: Version, split: str) -> None:
        """Read the rows.

        Raises:
            DataError: the version has no such split.
            OSError: a shard cannot be read.
        """
        self._version = version
        rows = pa.concat_tables(_read_shards(version.table, version.split(split)))
        self._paths, self._contents = (rows[name].combine_chunks() for name in COLUMNS)
        self._found = np.zeros(rows.num_rows, bool)
        self._times = _times_by_series(self._paths) if windows_of(version.contract) else {}
        self._compared: set[tuple[str, str]] = set()

    @property
    def rows(self) -> int:
        """Number of rows of the split."""
        return len(self._found)

    @property
    def found(self) -> list[str]:
        """Paths of the rows that were found."""
        paths: list[str] = self._paths.filter(pa.array(self._found)).to_pylist()
        return paths

    def compare(self, training: Version) -> None:
        """Mark the rows that are in the training split of `training`.

        Raises:
            OSError: a shard cannot be read.
            DataError: the table of dropped duplicates cannot be read.
        """
        shards = [shard for shard in training.shards if shard.split == "train" and self._is_new(training, shard)]
        same_records = _have_same_records(self._version, training)
        dropped = self._dropped_paths(training) if same_records else {}
        for rows in _batches(_read_shards(training.table, shards)):
            self._found |= _is_in(self._contents, rows["content_hash"])
            if same_records:
                self._compare_records(rows["path"], dropped, training.contract)
        self._compared |= {(training.table_id or str(training.table), shard.path) for shard in shards}

    def _is_new(self, training: Version, shard: Shard) -> bool:
        return (training.table_id or str(training.table), shard.path) not in self._compared

    def _compare_records(self, paths: pa.ChunkedArray, dropped: dict[str, int], contract: Contract) -> None:
        self._found |= _is_in(self._paths, paths)
        if dropped:
            numbers = np.fromiter(dropped.values(), np.int64, len(dropped))
            self._found[numbers[_is_in(pa.array(list(dropped)), paths)]] = True
        if windows_of(contract) is not None and self._times:
            self._compare_times(_times_by_series(paths), contract)

    def _compare_times(self, training: "dict[str, _Times]", contract: Contract) -> None:
        """Mark the windows whose predicted row a training window receives as input, or predicts."""
        windows = windows_of(contract)
        if windows is None:
            return
        length = int(contract.input_shape[0] or 0)
        nearest = windows.horizon * windows.every_seconds
        farthest = nearest + (length - 1) * windows.every_seconds
        for series in self._times.keys() & training.keys():
            rows, targets = self._times[series].rows, self._times[series].seconds
            others = np.sort(training[series].seconds)
            predicted = _has_between(others, targets, targets)
            received = _has_between(others, targets + nearest, targets + farthest)
            self._found[rows[predicted | received]] = True

    def _dropped_paths(self, training: Version) -> dict[str, int]:
        """Return the number of the row by the path of each record that was dropped as its duplicate."""
        kept: dict[str, str] = {}
        for version in (self._version, training):
            if version.summary.duplicates_version is not None:
                folder = duplicates_path(version.table)
                kept |= read_dropped(version.table, list_shards(folder, version.summary.duplicates_version))
        if not kept:
            return {}
        numbers = {path: number for number, path in enumerate(self._paths.to_pylist())}
        return {path: numbers[kept_path] for path, kept_path in kept.items() if kept_path in numbers}


class _Times:
    """The rows of one series and the moments that they predict, in seconds."""

    def __init__(self, entries: Sequence[tuple[int, float]]) -> None:
        self.rows = np.array([row for row, _ in entries], np.int64)
        self.seconds = np.array([seconds for _, seconds in entries], np.float64)


def _times_by_series(paths: Any) -> dict[str, _Times]:
    """Return the rows of each series; the path of a window is its series, a slash, and the time that it predicts."""
    entries: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for row, path in enumerate(paths.to_pylist()):
        series, _, time = path.rpartition("/")
        seconds = _seconds(time)
        if seconds is not None:
            entries[series].append((row, seconds))
    return {series: _Times(found) for series, found in entries.items()}


def _seconds(time: str) -> float | None:
    """Return a number of seconds, or a date and time as seconds since 1970 without its time zone, as windows do."""
    with suppress(ValueError):
        return float(time)
    with suppress(ValueError):
        return (datetime.fromisoformat(time).replace(tzinfo=None) - datetime(1970, 1, 1)).total_seconds()
    return None


def _has_between(values: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return for each pair of bounds whether one of the sorted `values` is between them, bounds included."""
    return np.searchsorted(values, low, "left") < np.searchsorted(values, high, "right")


def _have_same_records(version: Version, training: Version) -> bool:
    """Return whether equal paths are the same record in both: in one table and its copies, and in one source."""
    if version.table_id and version.table_id == training.table_id:
        return True
    sources = [tuple(one.summary.source.get(key) for key in ("kind", "root")) for one in (version, training)]
    return sources[0] == sources[1] and sources[0][1] is not None


def _is_in(values: pa.Array, others: pa.ChunkedArray) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = pc.is_in(values, value_set=others.combine_chunks()).to_numpy(zero_copy_only=False)
    return found


def _read_shards(table: Path, shards: Iterable[Shard]) -> Iterator[pa.Table]:
    return prefetch(partial(_read, table), shards)


def _read(table: Path, shard: Shard) -> pa.Table:
    with open_parquet(table / shard.path) as file:
        return file.read(COLUMNS).select(COLUMNS).replace_schema_metadata(None)


def _batches(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Yield the rows in tables of about `BATCH_ROWS` rows."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(one.num_rows for one in waiting) >= BATCH_ROWS:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)
