"""The account of a preparation: task results added up, checked, and put into the version's summary."""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from headrace.errors import DataError, HeadraceError
from headrace.prepare.shard_task import ChunkResult
from headrace.prepare.statistics import Sums
from headrace.table.shards import Shard


@dataclass(frozen=True, kw_only=True)
class Account:
    """Where every input row went."""

    rows_in: int
    shards: tuple[Shard, ...]
    reject_shards: tuple[Shard, ...]
    rejects: dict[str, int]
    counts: Counter[tuple[str, int]]
    sums: Sums
    duplicates: int

    @property
    def written(self) -> int:
        """Rows in the shards."""
        return sum(shard.rows for shard in self.shards)

    @property
    def rejected(self) -> int:
        """Rows in the rejects table."""
        return sum(self.rejects.values())

    def check(self, max_rejects: float) -> None:
        """Raise unless every row is accounted for and few enough were rejected.

        Raises:
            DataError: too many were rejected, or nothing was written.
            HeadraceError: rows are missing; a fault of Headrace.
        """
        if self.rows_in != self.written + self.rejected + self.duplicates:
            raise HeadraceError(
                f"Of {self.rows_in} rows {self.written} were written, {self.rejected} rejected and "
                f"{self.duplicates} dropped as duplicates; the rest is unaccounted for and nothing was committed."
            )
        if not self.written:
            raise DataError(f"None of {self.rows_in} records could be used ({self._reasons()}); nothing was committed.")
        if self.rejected / self.rows_in > max_rejects:
            raise DataError(
                f"{self.rejected} of {self.rows_in} records were rejected ({self._reasons()}), "
                f"prepare.max_rejects allows {max_rejects:.1%}; nothing was committed."
            )

    def by_class(self, classes: tuple[str, ...]) -> dict[str, dict[str, int]]:
        """Rows by split, then by class name."""
        table: dict[str, dict[str, int]] = {}
        for (split, label), rows in sorted(self.counts.items()):
            table.setdefault(split, {})[classes[label]] = rows
        return table

    def _reasons(self) -> str:
        return ", ".join(f"{reason}: {count}" for reason, count in sorted(self.rejects.items()))


def add_up(rows_in: int, results: Iterable[ChunkResult], channels: int) -> Account:
    """One account of all tasks."""
    counts: Counter[tuple[str, int]] = Counter()
    rejects: Counter[str] = Counter()
    sums = Sums.zero(channels)
    duplicates = 0
    shards: list[Shard] = []
    reject_shards: list[Shard] = []
    for result in results:
        counts += result.counts
        rejects += result.rejects
        sums += result.sums or Sums.zero(channels)
        shards += result.shards
        reject_shards += result.reject_shards
        duplicates += result.duplicates
    return Account(
        rows_in=rows_in,
        shards=tuple(shards),
        reject_shards=tuple(reject_shards),
        rejects=dict(sorted(rejects.items())),
        counts=counts,
        sums=sums,
        duplicates=duplicates,
    )


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """Rounded to milliseconds."""
        return round(time.monotonic() - self._start, 3)
