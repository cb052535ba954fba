"""A version of a table: its shards, its contract, and the accounting of every input record."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from headrace.contract import Contract
from headrace.errors import DataError
from headrace.format_version import NumberedRecord
from headrace.table.shard_writer import Shard
from headrace.wording import natural_sort

SPLITS = ("train", "val", "test")


class Period(NamedTuple):
    """A period of time whose rows are all in one split.

    Attributes:
        until: last moment, in seconds; the period begins after the end of the previous one.
    """

    until: float
    split: str


class Summary(NumberedRecord):
    """Summary of a version, stored in its commit.

    `rows_in` always equals `written + rejected + duplicates`; `duplicates` counts dropped records.

    Attributes:
        counts: rows by split, then by class name; by `all` if a row does not have exactly one class.
        label_counts: multi_label only: rows by split, then by each class name.
        rejects: rejected records by reason.
        rejects_version: version of the rejects table that lists them; None if there are none.
        duplicates_version: version of the duplicates table; None if no record was dropped.
        source: kind and path of the raw records; of texts also the column, the format and the options of its reader
            as JSON.
        fingerprint: hash of the raw listing and the settings; equal if nothing has changed.
        append_key: hash of the settings alone; only a preparation with the same key can append.
        listing: Parquet file in the table's folder that lists the raw files of this version.
        sums: exact count, sums and sums of squares by channel of the training split.
        settings: the `prepare` section used.
        seconds: duration from the start of the preparation to the commit.
        prepared_rows: records that this preparation read; the others were carried over from earlier versions. None if
            it is not known.
        periods: windows whose splits follow from the time only: the split of each moment, which later versions keep.
        filled: rows whose number was missing and became the mean, by column; None if rows were removed after they were
            counted.
        keeps_splits: whether rows keep the split that a version of other settings gave them, so that it does not follow
            from their content.
        command: command line of the preparation; empty if it is not known.
        data: the `data` section used, without secret values.
    """

    contract: Contract
    rows_in: int
    written: int
    rejected: int
    duplicates: int
    counts: dict[str, dict[str, int]]
    rejects: dict[str, int]
    rejects_version: int | None
    source: dict[str, str]
    fingerprint: str
    settings: dict[str, Any]
    seconds: float
    prepared_rows: int | None = None
    duplicates_version: int | None = None
    append_key: str | None = None
    listing: str | None = None
    sums: tuple[int, tuple[int, ...], tuple[int, ...]] | None = None
    label_counts: dict[str, dict[str, int]] = {}
    periods: tuple[Period, ...] = ()
    filled: dict[str, int] | None = {}
    keeps_splits: bool = False
    command: str = ""
    data: dict[str, Any] = {}

    @property
    def filled_text(self) -> str:
        """Return which numbers were missing and became the mean, such as `size 12, age 3`; empty if none was."""
        return ", ".join(f"{name} {rows:,}" for name, rows in (self.filled or {}).items())

    @property
    def input_column(self) -> str | None:
        """Return the source's column of the inputs; None if they were not read from one column."""
        columns = self.data.get("source", {}).get("columns") or {}
        return columns.get("input") if self.contract.feature.is_file else None

    @property
    def class_counts(self) -> dict[str, dict[str, int]]:
        """Return rows by split, then by class name; a row counts for each of its classes."""
        return self.label_counts if self.contract.target.has_many_classes else self.counts

    @property
    def training_rows(self) -> dict[str, int]:
        """Return the rows of the training split by class name; a row counts for each of its classes."""
        return self.class_counts.get("train", {})

    @property
    def has_history(self) -> bool:
        """Return whether rows, or perhaps the order of the classes, were carried over from an earlier version.

        A version that was prepared from all files at once, with classes in their natural order, is that of a new table.
        """
        return self.prepared_rows != self.rows_in or self.contract.classes != natural_sort(self.contract.classes)

    def classes_without_rows(self, *splits: str) -> tuple[str, ...]:
        """Return the classes that no row of `splits` has; of all splits if none is named."""
        counts = [self.class_counts.get(split, {}) for split in splits or SPLITS]
        return tuple(name for name in self.contract.classes if not any(rows.get(name) for rows in counts))


@dataclass(frozen=True, kw_only=True)
class Version:
    """One immutable state of a table.

    Attributes:
        table: folder of the table.
        table_id: the table's random identifier, which a copy or a moved table keeps; empty if it is not known.
    """

    table: Path
    number: int
    shards: tuple[Shard, ...]
    summary: Summary
    table_id: str = ""

    @property
    def contract(self) -> Contract:
        """Return the contract between the table and models."""
        return self.summary.contract

    @property
    def content_id(self) -> str:
        """Return an identifier of the shards, by their names, sizes and numbers of rows.

        Copies of a table keep its identifier; where each was prepared again, versions of one number differ.
        """
        shards = sorted(f"{shard.path} {shard.size} {shard.rows}" for shard in self.shards)
        return hashlib.sha256("\n".join(shards).encode()).hexdigest()[:16]

    def split(self, name: str) -> tuple[Shard, ...]:
        """Return the shards of split `name`, ordered by path.

        Raises:
            DataError: the version has no row of that split.
        """
        shards = tuple(sorted((shard for shard in self.shards if shard.split == name), key=lambda shard: shard.path))
        if not shards:
            have = ", ".join(split for split in SPLITS if self.summary.counts.get(split)) or "none"
            raise DataError(f"Version {self.number} of {self.table} has no split {name!r}; it has: {have}.")
        return shards
