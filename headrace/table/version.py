"""A version of a table: its shards, its contract, and the account of every record that went in."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from headrace.contract import Contract
from headrace.errors import DataError
from headrace.record_format import FORMAT
from headrace.table.shards import Shard

SPLITS = ("train", "val", "test")


class Summary(BaseModel):
    """What is true of a version as a whole; it travels in the commit.

    `rows_in` is always `written + rejected + duplicates`; `duplicates` counts the dropped ones.

    Attributes:
        counts: rows by split, then by class name; by `all` where rows have not one class each.
        label_counts: of multi_label, rows by split, then by each of their classes' names.
        rejects: rejected records by reason.
        rejects_version: version of the rejects table beside this one that lists them; None if there are none.
        duplicates_version: likewise, of the dropped duplicates.
        source: kind and path of the raw records.
        fingerprint: of the raw records' listing and of the settings; equal means that nothing has changed.
        basis: of the settings alone; a version can be appended to by a preparation with the same ones.
        listing: the raw files of this version, in a Parquet file in the table's folder.
        sums: count, totals and sums of squares by channel of the training split, exact.
        settings: the `prepare` section used.
        seconds: from the start of the preparation to the commit.
    """

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
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
    duplicates_version: int | None = None
    append_key: str | None = None
    listing: str | None = None
    sums: tuple[int, tuple[int, ...], tuple[int, ...]] | None = None
    label_counts: dict[str, dict[str, int]] = {}

    @property
    def class_counts(self) -> dict[str, dict[str, int]]:
        """Rows by split, then by class name; a row counts for each of its classes."""
        return self.label_counts if self.contract.task == "multi_label" else self.counts


@dataclass(frozen=True, kw_only=True)
class Version:
    """One immutable state of a table."""

    table: Path
    number: int
    shards: tuple[Shard, ...]
    summary: Summary

    @property
    def contract(self) -> Contract:
        """What a model may rely on."""
        return self.summary.contract

    def split(self, name: str) -> tuple[Shard, ...]:
        """The shards of split `name`, ordered by path.

        Raises:
            DataError: the version has no row of that split.
        """
        shards = tuple(sorted((shard for shard in self.shards if shard.split == name), key=lambda shard: shard.path))
        if not shards:
            have = ", ".join(split for split in SPLITS if self.summary.counts.get(split)) or "none"
            raise DataError(f"Version {self.number} of {self.table} has no split {name!r}; it has: {have}.")
        return shards
