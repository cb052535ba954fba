"""The account of a preparation: task results added up, checked, and put into the version's summary."""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from headrace.contract import Contract
from headrace.errors import DataError, HeadraceError
from headrace.prepare.chunks import ALL, ChunkResult, add_sums
from headrace.prepare.encoders.statistics import ChannelSums
from headrace.prepare.rejection import Reason
from headrace.prepare.side_tables import CarriedOver
from headrace.table import Version
from headrace.table.shards import Shard


@dataclass(frozen=True, kw_only=True)
class RecordAccounting:
    """Where every input row went."""

    rows_in: int
    shards: tuple[Shard, ...]
    reject_shards: tuple[Shard, ...]
    duplicate_shards: tuple[Shard, ...] = ()
    rejects: dict[str, int]
    counts: Counter[tuple[str, int]]
    label_counts: Counter[tuple[str, int]]
    sums: ChannelSums | None
    duplicates: int

    @property
    def written(self) -> int:
        """Rows in the shards."""
        return sum(shard.rows for shard in self.shards)

    @property
    def rejected(self) -> int:
        """Rows in the rejects table."""
        return sum(self.rejects.values())

    def check(self, max_rejects: float, archives: int = 0) -> None:
        """Raise unless every row is accounted for and few enough were rejected.

        Args:
            archives: of the source; a damaged one counts as a record, however many were in it, so they are also
                held against each other.

        Raises:
            DataError: too many were rejected, or nothing was written.
            HeadraceError: rows are missing; a fault of Headrace.
        """
        counted = sum(self.counts.values())
        if self.rows_in != self.written + self.rejected + self.duplicates or (counted and counted != self.written):
            raise HeadraceError(
                f"Of {self.rows_in} rows {self.written} were written, {self.rejected} rejected and "
                f"{self.duplicates} dropped as duplicates; the rest is unaccounted for and nothing was committed."
            )
        if not self.written:
            raise DataError(f"None of {self.rows_in} records could be used ({self._reasons()}); nothing was committed.")
        damaged = self.rejects.get(Reason.DAMAGED_ARCHIVE.value, 0)
        if self.rejected / self.rows_in > max_rejects or (archives and damaged / archives > max_rejects):
            of_archives = f" and {damaged} of {archives} archives are damaged" if archives and damaged else ""
            raise DataError(
                f"{self.rejected} of {self.rows_in} records were rejected ({self._reasons()}){of_archives}, "
                f"prepare.max_rejects allows {max_rejects:.1%}; nothing was committed."
            )

    def by_class(self, contract: Contract) -> dict[str, dict[str, int]]:
        """Rows by split, then by class name; by `all` where rows have not one class each."""
        names = contract.classes if contract.task == "classification" else (ALL,)
        return _by_name(self.counts, names)

    def by_label(self, contract: Contract) -> dict[str, dict[str, int]]:
        """Of multi_label, rows by split and by each of their classes."""
        return _by_name(self.label_counts, contract.classes)

    def _reasons(self) -> str:
        return ", ".join(f"{reason}: {count}" for reason, count in sorted(self.rejects.items()))


def merge_results(results: Iterable[ChunkResult]) -> RecordAccounting:
    """One account of all tasks; shards that a later task has written anew are not in it."""
    added, removed = ChunkResult(), set[str]()
    for result in results:
        removed.update(result.removed)
        added.seen += result.seen
        added.shards += result.shards
        added.reject_shards += result.reject_shards
        added.duplicate_shards += result.duplicate_shards
        added.rejects.update(result.rejects)
        added.counts.update(result.counts)
        added.counts.subtract(result.removed_counts)
        added.label_counts.update(result.label_counts)
        added.label_counts.subtract(result.removed_label_counts)
        added.sums = subtract_sums(add_sums(added.sums, result.sums), result.removed_sums)
        added.duplicates += result.duplicates
    return RecordAccounting(
        rows_in=added.seen,
        shards=tuple(shard for shard in added.shards if shard.path not in removed),
        reject_shards=tuple(added.reject_shards),
        duplicate_shards=tuple(added.duplicate_shards),
        rejects=dict(sorted(added.rejects.items())),
        counts=+added.counts,
        label_counts=+added.label_counts,
        sums=added.sums,
        duplicates=added.duplicates,
    )


def merge_with_previous(
    before: Version, fresh: RecordAccounting, rejects: CarriedOver, duplicates: CarriedOver, results: list[ChunkResult]
) -> RecordAccounting:
    """The account of a version that adds `fresh` to what stays of `before`."""
    removed = {path for result in results for path in result.removed}
    of_one_class = before.contract.task == "classification"
    counts = _by_number(before.summary.counts, before.contract.classes if of_one_class else (ALL,))
    label_counts = _by_number(before.summary.label_counts, before.contract.classes)
    for result in results:
        counts.update(result.counts)
        counts.subtract(result.removed_counts)
        label_counts.update(result.label_counts)
        label_counts.subtract(result.removed_label_counts)
    gone = sum(result.gone for result in results) + rejects.removed + duplicates.removed
    reasons = Counter(fresh.rejects)
    reasons.update(rejects.rows)
    kept = tuple(shard for shard in before.shards if shard.path not in removed)
    return RecordAccounting(
        rows_in=before.summary.rows_in - gone + fresh.rows_in,
        shards=(*kept, *fresh.shards),
        reject_shards=(*rejects.shards, *fresh.reject_shards),
        duplicate_shards=(*duplicates.shards, *fresh.duplicate_shards),
        rejects=dict(sorted(reasons.items())),
        counts=+counts,
        label_counts=+label_counts,
        sums=add_sums(_sums_of(before), fresh.sums),
        duplicates=fresh.duplicates + duplicates.rows.total(),
    )


def _by_name(counts: Counter[tuple[str, int]], names: tuple[str, ...]) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for (split, number), rows in sorted(counts.items()):
        if rows:
            table.setdefault(split, {})[names[number]] = rows
    return table


def _by_number(table: dict[str, dict[str, int]], names: tuple[str, ...]) -> Counter[tuple[str, int]]:
    numbers = {name: number for number, name in enumerate(names)}
    return Counter({(split, numbers[name]): rows for split, by_name in table.items() for name, rows in by_name.items()})


def _sums_of(version: Version) -> ChannelSums | None:
    return None if version.summary.sums is None else ChannelSums(*version.summary.sums)


def subtract_sums(left: ChannelSums | None, right: ChannelSums | None) -> ChannelSums | None:
    """`left` without `right`, which may be more than it."""
    if right is None:
        return left
    return (left or ChannelSums.zero(len(right.total))) - right


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """Rounded to milliseconds."""
        return round(time.monotonic() - self._start, 3)
