"""Rewrite shards by the decisions on duplicates and splits of their rows."""

import pickle
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa

from headrace.prepare.encoders.label_encoder_interface import count_classes
from headrace.prepare.encoders.record_encoder_in_preparation_interface import encoder_for
from headrace.prepare.incremental_plan_and_task_context import STAGED, PrepareContext
from headrace.prepare.tasks.chunk_result import ChunkResult, channel_sums
from headrace.prepare.tasks.record_encoding_task import write_shard_in
from headrace.storage.open_parquet import open_parquet
from headrace.table.rejects_and_duplicates_reader import DUPLICATES_SCHEMA, duplicates_path
from headrace.table.shard_writer import write_shard


def make_rewriter(context: PrepareContext) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Return a function for Spark that rewrites one shard by its decisions and returns a pickled `ChunkResult`.

    Decisions have the columns shard, position, path, label, split, target_split and removed: whether the source file of
    the row is gone. A row that is dropped as a duplicate has the path (kept) and the label (first_label) of the record
    that is kept instead, and the kind of duplicate; other rows have null there.
    """

    def rewrite(decisions: pd.DataFrame) -> pd.DataFrame:
        result = _ShardRewriter(context, decisions).run()
        return pd.DataFrame({"result": [pickle.dumps(result)]})

    return rewrite


class _ShardRewriter:
    """Rewrite of one shard."""

    def __init__(self, context: PrepareContext, decisions: pd.DataFrame) -> None:
        self.context = context
        self.decisions = decisions.sort_values("position")
        self.source = Path(str(self.decisions["shard"].iloc[0]))
        self.split = str(self.decisions["split"].iloc[0])
        self.columns = encoder_for(context.settings).columns

    def run(self) -> ChunkResult:
        with open_parquet(self.context.table / self.source) as file:
            rows = file.read()
        result = ChunkResult(removed_shards=[str(self.source)])
        result.removed_counts = _count_classes(self.split, rows)
        result.removed_label_counts = self._count_labels(self.split, rows)
        if self.split == "train":
            result.removed_sums = channel_sums(rows, self.columns)
        remaining = self.decisions[self.decisions["kept"].isna() & ~self.decisions["removed"]]
        for split, selection in remaining.groupby("target_split"):
            self._write(result, str(split), rows.take(pa.array(selection["position"])))
        result.removed_rows = int(self.decisions["removed"].sum())
        self._drop(result)
        return result

    @property
    def name(self) -> str:
        """Return the old shard's name with this preparation's identity and without its content hash."""
        parts = self.source.name.removesuffix(".parquet").split("-")[1:-1]
        return "-".join([self.context.identity, *parts, "s"])

    def _write(self, result: ChunkResult, split: str, rows: pa.Table) -> None:
        folder = STAGED if self.source.is_relative_to(STAGED) else "."
        shard = write_shard_in(self.context, rows, folder, self.name, split)
        result.shards.append(shard)
        result.counts += _count_classes(split, rows)
        result.label_counts += self._count_labels(split, rows)
        if split == "train":
            result.sums = channel_sums(rows, self.columns)

    def _count_labels(self, split: str, rows: pa.Table) -> Counter[tuple[str, int]]:
        return count_classes(split, rows["label"], self.context.settings)

    def _drop(self, result: ChunkResult) -> None:
        dropped = self.decisions[self.decisions["kept"].notna() & ~self.decisions["removed"]]
        result.duplicates = len(dropped)
        if len(dropped):
            self._note_left_out(result, dropped)
            rows = pa.Table.from_pandas(dropped[["path", "kind", "kept"]], DUPLICATES_SCHEMA, preserve_index=False)
            folder = duplicates_path(self.context.table)
            result.duplicate_shards.append(write_shard(rows.replace_schema_metadata(None), folder, self.name))

    def _note_left_out(self, result: ChunkResult, dropped: pd.DataFrame) -> None:
        """Count the copies of rows in other splits, which are dropped although `prepare.duplicates` is `keep`."""
        settings = self.context.settings
        if settings.duplicates == "keep" and settings.near_duplicates is None:
            relabelled = dropped["label"].notna() & (dropped["label"] != dropped["first_label"])
            first = dropped[relabelled] if relabelled.any() else dropped
            example = (str(first["path"].iloc[0]), str(first["kept"].iloc[0]))
            result.observations.add_left_out(len(dropped), int(relabelled.sum()), example)


def _count_classes(split: str, rows: pa.Table) -> Counter[tuple[str, int]]:
    if not pa.types.is_integer(rows.schema.field("label").type):
        return Counter({(split, 0): rows.num_rows})
    return Counter((split, label) for label in rows["label"].to_pylist())
