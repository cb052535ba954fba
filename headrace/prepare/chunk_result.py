"""What a task of a preparation gives back to the driver: what it has made, in numbers that add up."""

from collections import Counter
from dataclasses import dataclass, field

import pyarrow as pa

from headrace.prepare.statistics import Sums
from headrace.schema import Column
from headrace.table.shards import Shard

# Where rows have not one class each, all are counted together.
ALL = "all"


@dataclass
class ChunkResult:
    """What one task made, to be added to the others'.

    Attributes:
        label_counts: of multi_label, rows by split and by each of their classes.
        seen: records, each of which was written, rejected or dropped.
        removed: paths of shards whose rows were written anew, or are gone, and which no longer count.
    """

    seen: int = 0
    shards: list[Shard] = field(default_factory=list)
    reject_shards: list[Shard] = field(default_factory=list)
    duplicate_shards: list[Shard] = field(default_factory=list)
    rejects: Counter[str] = field(default_factory=Counter)
    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    label_counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    sums: Sums | None = None
    duplicates: int = 0
    gone: int = 0
    removed: list[str] = field(default_factory=list)
    removed_counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    removed_label_counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    removed_sums: Sums | None = None


def sums_of(rows: pa.Table, columns: dict[str, Column]) -> Sums | None:
    """Of the channels of all `rows`; None where they are no images."""
    if "channel_sums" not in columns:
        return None
    height, width, channels = columns["image"].image_shape
    return Sums.from_bytes(rows["channel_sums"].to_pylist(), height * width, channels)


def add_sums(left: Sums | None, right: Sums | None) -> Sums | None:
    """Of both; None where neither is there."""
    if left is None or right is None:
        return left or right
    return left + right
