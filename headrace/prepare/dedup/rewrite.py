"""Shards written anew as was decided of each of their rows."""

import pickle
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa

from headrace.prepare.chunks import ChunkResult, channel_sums
from headrace.prepare.encoders.labels import count_labels
from headrace.prepare.encoders.record_encoders import encoder_for
from headrace.prepare.plan import STAGED, PrepareContext
from headrace.prepare.shard_writer import write_shard_in
from headrace.storage.parquet import open_parquet
from headrace.table.rejects import DUPLICATES_SCHEMA, duplicates_path
from headrace.table.shards import write_shard


def rewriter(task: PrepareContext) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """For Spark: from the decisions of one shard to a pickled `ChunkResult`.

    Decisions have the columns shard, position, path, split, wanted (the split a row shall be in), gone, and kept and
    kind where it is dropped as a duplicate.
    """

    def rewrite(decisions: pd.DataFrame) -> pd.DataFrame:
        result = _Rewriting(task, decisions).run()
        return pd.DataFrame({"result": [pickle.dumps(result)]})

    return rewrite


class _Rewriting:
    """Of one shard."""

    def __init__(self, task: PrepareContext, decisions: pd.DataFrame) -> None:
        self.task = task
        self.decisions = decisions.sort_values("position")
        self.old = Path(str(self.decisions["shard"].iloc[0]))
        self.split = str(self.decisions["split"].iloc[0])
        self.columns = encoder_for(task.settings).columns

    def run(self) -> ChunkResult:
        with open_parquet(self.task.table / self.old) as file:
            rows = file.read()
        result = ChunkResult(removed=[str(self.old)])
        result.removed_counts = _counted(self.split, rows)
        result.removed_label_counts = _labels_counted(self.split, rows)
        if self.split == "train":
            result.removed_sums = channel_sums(rows, self.columns)
        stays = self.decisions[self.decisions["kept"].isna() & ~self.decisions["gone"]]
        for split, chosen in stays.groupby("wanted"):
            self._write(result, str(split), rows.take(pa.array(chosen["position"])))
        result.gone = int(self.decisions["gone"].sum())
        self._drop(result)
        return result

    @property
    def name(self) -> str:
        """The old shard's, of this preparation, and without the hash of its content."""
        parts = self.old.name.removesuffix(".parquet").split("-")[1:-1]
        return "-".join([self.task.identity, *parts, "s"])

    def _write(self, result: ChunkResult, split: str, rows: pa.Table) -> None:
        folder = STAGED if self.old.is_relative_to(STAGED) else "."
        shard = write_shard_in(self.task, rows, folder, self.name, split)
        result.shards.append(shard)
        result.counts += _counted(split, rows)
        result.label_counts += _labels_counted(split, rows)
        if split == "train":
            result.sums = channel_sums(rows, self.columns)

    def _drop(self, result: ChunkResult) -> None:
        dropped = self.decisions[self.decisions["kept"].notna() & ~self.decisions["gone"]]
        result.duplicates = len(dropped)
        if len(dropped):
            rows = pa.Table.from_pandas(dropped[["path", "kind", "kept"]], DUPLICATES_SCHEMA, preserve_index=False)
            folder = duplicates_path(self.task.table)
            result.duplicate_shards.append(write_shard(rows.replace_schema_metadata(None), folder, self.name))


def _counted(split: str, rows: pa.Table) -> Counter[tuple[str, int]]:
    if not pa.types.is_integer(rows.schema.field("label").type):
        return Counter({(split, 0): rows.num_rows})
    return Counter((split, label) for label in rows["label"].to_pylist())


def _labels_counted(split: str, rows: pa.Table) -> Counter[tuple[str, int]]:
    """Of multi_label."""
    return count_labels(split, rows["label"]) if pa.types.is_binary(rows.schema.field("label").type) else Counter()
