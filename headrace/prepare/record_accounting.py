"""Sum the results of tasks, check that every record is accounted for, and fill the version's summary."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from headrace.contract import Contract
from headrace.errors import DataError, HeadraceError
from headrace.prepare.encoders.mean_and_variance import ChannelSums
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.rejects.carry_over_and_commit_side_tables import CarriedOver
from headrace.prepare.rejects.reasons_and_exceptions import Reason
from headrace.prepare.rejects.reject_summary import describe_reasons, list_reasons, unusable_error
from headrace.prepare.tasks.chunk_result import ALL, ChunkResult, add_sums
from headrace.table import Version
from headrace.table.rejects_and_duplicates_reader import Reject
from headrace.table.shard_writer import Shard


@dataclass(frozen=True, kw_only=True)
class RecordAccounting:
    """Counts of input rows by outcome: written, rejected or dropped as a duplicate.

    Attributes:
        prepared_rows: rows that this preparation read, of `rows_in`.
        rejects: rejected rows by reason.
        reject_examples: one rejected row of this preparation by reason.
        counts: written rows by split and class index; the index is 0 for rows without exactly one class.
        label_counts: for multi_label, written rows by split and class index.
        sums: channel sums of the training split's images.
        observations: what was found in records of this preparation that were not rejected.
        number_labels: a sample of the regression labels of this preparation, before they are rounded to float32.
    """

    rows_in: int
    prepared_rows: int
    shards: tuple[Shard, ...]
    reject_shards: tuple[Shard, ...]
    duplicate_shards: tuple[Shard, ...] = ()
    rejects: dict[str, int]
    counts: Counter[tuple[str, int]]
    label_counts: Counter[tuple[str, int]]
    sums: ChannelSums | None
    duplicates: int
    observations: Observations = field(default_factory=Observations)
    number_labels: tuple[float, ...] = ()
    reject_examples: dict[str, Reject] = field(default_factory=dict)

    @property
    def written(self) -> int:
        """Return the number of rows in the shards."""
        return sum(shard.rows for shard in self.shards)

    @property
    def rejected(self) -> int:
        """Return the number of rows in the rejects table."""
        return sum(self.rejects.values())

    def rejects_too_many(self, max_rejects: float) -> bool:
        """Return whether no row was written, or a larger fraction than `max_rejects` was rejected."""
        return not self.written or self.rejected / self.rows_in > max_rejects

    def check(self, max_rejects: float, archives: int = 0) -> None:
        """Raise unless every row is accounted for and the rejected fraction is at most `max_rejects`.

        Args:
            archives: number of archives in the source. A damaged archive counts as one record however many it held,
                so the fraction of damaged archives is checked against `max_rejects` too.

        Raises:
            DataError: too many rows were rejected, or none was written.
            HeadraceError: the counts do not add up, which is a bug in Headrace.
        """
        counted = sum(self.counts.values())
        if self.rows_in != self.written + self.rejected + self.duplicates or (counted and counted != self.written):
            raise HeadraceError(
                f"{self.rows_in} rows were read, but {self.written} were written, {self.rejected} rejected and "
                f"{self.duplicates} dropped as duplicates, which does not add up; nothing was committed. "
                "This is a bug in Headrace; please report it."
            )
        if not self.written:
            reasons = describe_reasons(self.rejects, self.reject_examples)
            known = f"None of {self.rows_in} records could be used ({reasons})" if reasons else "There are no records"
            raise DataError(f"{known}; nothing was committed.")
        damaged = self.rejects.get(Reason.DAMAGED_ARCHIVE.value, 0)
        if self.rejects_too_many(max_rejects) or (archives and damaged / archives > max_rejects):
            archive_share = f" and {damaged} of {archives} archives are damaged" if archives and damaged else ""
            raise DataError(
                f"{self.rejected} of {self.rows_in} records were rejected ({self._reasons()}){archive_share}, "
                f"prepare.max_rejects allows {max_rejects:.1%}; nothing was committed. Correct or remove these records "
                "(data.source.exclude leaves out files), or raise prepare.max_rejects."
            )

    def describe_rejects(self) -> list[str]:
        """Return a line for each of the most frequent reasons, with one example; no line without rejects."""
        return list_reasons(self.rejects, self.reject_examples)

    def unusable_error(self, problem: str, remedy: str) -> DataError:
        """Return the error of a preparation that has nothing usable left, see `unusable_error`."""
        return unusable_error(problem, remedy, self.rows_in, self.rejects, self.reject_examples)

    def by_class(self, contract: Contract) -> dict[str, dict[str, int]]:
        """Return the rows by split, then by class name; in other tasks than classification by the name `all`."""
        names = contract.classes if contract.target.has_one_class else (ALL,)
        return _count_by_name(self.counts, names)

    def by_label(self, contract: Contract) -> dict[str, dict[str, int]]:
        """Return the rows by split, then by each of their class names; empty unless the task is multi_label."""
        return _count_by_name(self.label_counts, contract.classes)

    def _reasons(self) -> str:
        return ", ".join(f"{reason}: {count}" for reason, count in sorted(self.rejects.items()))


def merge_results(results: Iterable[ChunkResult]) -> RecordAccounting:
    """Return the sum of all task results, without the shards that a later task has rewritten."""
    added, removed_shards = ChunkResult(), set[str]()
    for result in results:
        removed_shards.update(result.removed_shards)
        added.seen += result.seen
        added.shards += result.shards
        added.reject_shards += result.reject_shards
        added.duplicate_shards += result.duplicate_shards
        added.rejects.update(result.rejects)
        added.reject_examples = result.reject_examples | added.reject_examples
        added.counts.update(result.counts)
        added.counts.subtract(result.removed_counts)
        added.label_counts.update(result.label_counts)
        added.label_counts.subtract(result.removed_label_counts)
        added.sums = subtract_sums(add_sums(added.sums, result.sums), result.removed_sums)
        added.duplicates += result.duplicates
        added.observations.update(result.observations)
        added.number_labels += result.number_labels
    return RecordAccounting(
        rows_in=added.seen,
        prepared_rows=added.seen,
        shards=tuple(shard for shard in added.shards if shard.path not in removed_shards),
        reject_shards=tuple(added.reject_shards),
        duplicate_shards=tuple(added.duplicate_shards),
        rejects=dict(sorted(added.rejects.items())),
        counts=+added.counts,
        label_counts=+added.label_counts,
        sums=added.sums,
        duplicates=added.duplicates,
        observations=added.observations,
        number_labels=tuple(added.number_labels),
        reject_examples=added.reject_examples,
    )


def merge_with_previous(
    before: Version, added: RecordAccounting, rejects: CarriedOver, duplicates: CarriedOver, results: list[ChunkResult]
) -> RecordAccounting:
    """Return the accounting of a version that adds `added` to the remaining rows of `before`.

    Args:
        rejects: rows carried over from the rejects table of `before`.
        duplicates: rows carried over from the duplicates table of `before`.
        results: task results, which name the shards and count the rows that were removed from `before`.
    """
    removed_shards = {path for result in results for path in result.removed_shards}
    single_class = before.contract.target.has_one_class
    counts = _count_by_class_index(before.summary.counts, before.contract.classes if single_class else (ALL,))
    label_counts = _count_by_class_index(before.summary.label_counts, before.contract.classes)
    for result in results:
        counts.update(result.counts)
        counts.subtract(result.removed_counts)
        label_counts.update(result.label_counts)
        label_counts.subtract(result.removed_label_counts)
    removed_rows = sum(result.removed_rows for result in results) + rejects.removed + duplicates.removed
    reasons = Counter(added.rejects)
    reasons.update(rejects.rows)
    remaining = tuple(shard for shard in before.shards if shard.path not in removed_shards)
    return RecordAccounting(
        rows_in=before.summary.rows_in - removed_rows + added.rows_in,
        prepared_rows=added.prepared_rows,
        shards=(*remaining, *added.shards),
        reject_shards=(*rejects.shards, *added.reject_shards),
        duplicate_shards=(*duplicates.shards, *added.duplicate_shards),
        rejects=dict(sorted(reasons.items())),
        counts=+counts,
        label_counts=+label_counts,
        sums=add_sums(_load_sums(before), added.sums),
        duplicates=added.duplicates + duplicates.rows.total(),
    )


def add_filled(before: Version | None, shards: Iterable[Shard], filled: Mapping[str, int]) -> dict[str, int] | None:
    """Return by column the rows of a version whose number was missing; None if rows were removed: it is not known then.

    Args:
        before: the previous version, to which rows were added; None if all rows are new.
        shards: of the version.
        filled: the same of the new rows.
    """
    counts = Counter(filled)
    if before is not None:
        kept = {shard.path for shard in shards}
        is_known = before.summary.filled is not None
        # Of rows without a filled number it does not matter which were removed.
        if not is_known or (before.summary.filled and any(shard.path not in kept for shard in before.shards)):
            return None
        counts.update(before.summary.filled)
    return dict(+counts)


def _count_by_name(counts: Counter[tuple[str, int]], names: tuple[str, ...]) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for (split, number), rows in sorted(counts.items()):
        if rows:
            table.setdefault(split, {})[names[number]] = rows
    return table


def _count_by_class_index(table: dict[str, dict[str, int]], names: tuple[str, ...]) -> Counter[tuple[str, int]]:
    numbers = {name: number for number, name in enumerate(names)}
    return Counter({(split, numbers[name]): rows for split, by_name in table.items() for name, rows in by_name.items()})


def _load_sums(version: Version) -> ChannelSums | None:
    return None if version.summary.sums is None else ChannelSums(*version.summary.sums)


def subtract_sums(left: ChannelSums | None, right: ChannelSums | None) -> ChannelSums | None:
    """Return `left - right`; the result may be negative."""
    if right is None:
        return left
    return (left or ChannelSums.zero(len(right.total))) - right
