"""Result of one preparation task: counts, shards and rejects."""

from collections import Counter
from dataclasses import dataclass, field

import pyarrow as pa

from headrace.contract import Column
from headrace.prepare.encoders.mean_and_variance import ChannelSums
from headrace.prepare.kept_record_findings import Observations
from headrace.table.rejects_and_duplicates_reader import Reject
from headrace.table.shard_writer import Shard

# The key under which rows are counted that do not have exactly one class each.
ALL = "all"


@dataclass
class ChunkResult:
    """Result of one task; `merge_results` sums them.

    Attributes:
        seen: records read; each was written, rejected or dropped.
        reject_examples: the first rejected record by reason.
        counts: rows by split and class index.
        label_counts: for multi_label, rows by split and class index; a row counts once for each of its classes.
        observations: what was found in records that were not rejected.
        number_labels: the first regression labels, before they are rounded to float32.
        kept_splits: written rows that keep the split of an earlier version.
        departed_splits: those of them whose content alone would give another split.
        new_splits: written rows whose split neither the source nor an earlier version decides.
        moved_splits: written rows that the source gives another split than they had in an earlier version.
        removed_rows: rows of an older version whose source files were removed or changed.
        removed_shards: paths of shards that no longer belong to the version, as they were rewritten or emptied.
        removed_counts: `counts` of `removed_shards`.
        removed_label_counts: `label_counts` of `removed_shards`.
        removed_sums: `sums` of `removed_shards`.
    """

    seen: int = 0
    shards: list[Shard] = field(default_factory=list)
    reject_shards: list[Shard] = field(default_factory=list)
    duplicate_shards: list[Shard] = field(default_factory=list)
    rejects: Counter[str] = field(default_factory=Counter)
    reject_examples: dict[str, Reject] = field(default_factory=dict)
    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    label_counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    sums: ChannelSums | None = None
    duplicates: int = 0
    observations: Observations = field(default_factory=Observations)
    number_labels: list[float] = field(default_factory=list)
    kept_splits: int = 0
    departed_splits: int = 0
    new_splits: int = 0
    moved_splits: int = 0
    removed_rows: int = 0
    removed_shards: list[str] = field(default_factory=list)
    removed_counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    removed_label_counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    removed_sums: ChannelSums | None = None


def channel_sums(rows: pa.Table, columns: dict[str, Column]) -> ChannelSums | None:
    """Return the channel sums of all `rows`; None unless the rows are images."""
    if "channel_sums" not in columns:
        return None
    height, width, channels = columns["image"].image_shape
    return ChannelSums.from_bytes(rows["channel_sums"].to_pylist(), height * width, channels)


def add_sums(left: ChannelSums | None, right: ChannelSums | None) -> ChannelSums | None:
    """Return the sum of both, the other one if one is None, or None if both are."""
    if left is None or right is None:
        return left or right
    return left + right
