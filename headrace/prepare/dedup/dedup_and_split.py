"""Deduplicate records and assign splits by class, which both need all records.

Spark reads the small columns of all shards, decides, and rewrites only the shards that a decision changes; the driver
holds no rows. Among equal records, the one in the test split is preferred to one in val or train, so that dropping
never changes what a model is evaluated on; within a split, one of an older version is preferred, then the first path.
"""

import pickle
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from headrace.prepare.dedup.driver_duplicate_check import has_no_duplicates
from headrace.prepare.dedup.near_duplicates import mark_near
from headrace.prepare.dedup.shard_rewrite_by_duplicates_and_splits import make_rewriter
from headrace.prepare.dedup.stratified_splits import assign_splits
from headrace.prepare.incremental_plan_and_task_context import UNASSIGNED, PrepareContext
from headrace.prepare.increments.removed_file_set import RemovedFiles
from headrace.prepare.tasks.chunk_result import ChunkResult
from headrace.storage.open_parquet import open_parquet
from headrace.table.shard_writer import Shard

KEEP_PRIORITY = {"test": 0, "val": 1, "train": 2, UNASSIGNED: 3}
ROWS = (
    "shard string, position int, path string, content string, split string, label string, old boolean, "
    "removed boolean, perceptual_hash bigint, minhash binary"
)
RESULT = "result binary"


@dataclass(frozen=True, kw_only=True)
class ShardRef:
    """Path of a shard and what is known without opening it.

    Attributes:
        old: whether the shard belongs to the previous version.
    """

    path: str
    split: str
    old: bool


def needs_global_decisions(
    context: PrepareContext, *, new: Sequence[Shard], old: Sequence[Shard], assigns_splits: bool, removed: RemovedFiles
) -> bool:
    """Return whether any decision is left that needs all records.

    Args:
        assigns_splits: whether the source assigns splits, so that equal records may be in different ones.
    """
    settings = context.settings
    if settings.near_duplicates is not None or removed or any(shard.split == UNASSIGNED for shard in new):
        return True
    drop = settings.duplicates == "drop"
    return (drop or assigns_splits) and not has_no_duplicates(context.table, [*new, *old], in_one_split=drop)


def deduplicate_and_split(
    spark: SparkSession, context: PrepareContext, new: Iterable[Shard], old: Iterable[Shard], removed: RemovedFiles
) -> list[ChunkResult]:
    """Rewrite the shards that hold a duplicate, a removed row, or a row whose split is assigned only now."""
    refs = [ShardRef(path=one.path, split=one.split, old=False) for one in new]
    refs += [ShardRef(path=one.path, split=one.split, old=True) for one in old]
    pickled_refs = spark.createDataFrame([(pickle.dumps(ref),) for ref in refs], "ref binary")
    rows = pickled_refs.repartition(max(1, len(refs))).mapInArrow(partial(_read_rows, context, removed), ROWS).cache()
    try:
        decisions = _decide(rows, context)
        differs = "removed or kept is not null or split != target_split"
        changed = decisions.where(differs).select("shard").distinct().collect()
        if not changed:
            return []
        # Set the number of partitions: Spark would choose one for little data, and one task would write everything.
        affected = decisions.join(spark.createDataFrame(changed), "shard", "left_semi")
        affected = affected.repartition(len(changed), "shard")
        written = affected.groupBy("shard").applyInPandas(make_rewriter(context), RESULT)
        return [pickle.loads(row.result) for row in written.collect()]  # pickled by our own tasks
    finally:
        rows.unpersist()


def _read_rows(
    context: PrepareContext, removed: RemovedFiles, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Yield the small columns of the shards."""
    for batch in batches:
        for pickled in batch["ref"].to_pylist():
            ref: ShardRef = pickle.loads(pickled)
            with open_parquet(context.table / ref.path) as file:
                names = [name for name in SMALL_COLUMNS if name in file.schema_arrow.names]
                table = file.read(names)
            yield from _to_rows(ref, removed, table).to_batches()


SMALL_COLUMNS = ("path", "content_hash", "label", "perceptual_hash", "minhash")


def _to_rows(ref: ShardRef, removed: RemovedFiles, table: pa.Table) -> pa.Table:
    count = table.num_rows
    paths = table["path"].to_pylist()
    columns = {
        "shard": pa.array([ref.path] * count),
        "position": pa.array(range(count), pa.int32()),
        "path": pa.array(paths, pa.string()),
        "content": table["content_hash"].combine_chunks(),
        "split": pa.array([ref.split] * count),
        "label": _label(table["label"]),
        "old": pa.array([ref.old] * count),
        "removed": pa.array([ref.old and path in removed for path in paths], pa.bool_()),
        "perceptual_hash": _column(table, "perceptual_hash", pa.int64()),
        "minhash": _column(table, "minhash", pa.binary()),
    }
    return pa.table(columns)


def _label(labels: pa.ChunkedArray) -> pa.Array:
    """Return the labels as text; nulls for multi_label, whose splits are not assigned by class."""
    if pa.types.is_binary(labels.type):
        return pa.nulls(len(labels), pa.string())
    return labels.cast(pa.string()).combine_chunks()


def _column(table: pa.Table, name: str, kind: pa.DataType) -> pa.Array:
    return table[name].combine_chunks() if name in table.column_names else pa.nulls(table.num_rows, kind)


def _decide(rows: DataFrame, context: PrepareContext) -> DataFrame:
    """Return `rows` with `target_split` and `kept`, the path of the record that the row is a duplicate of."""
    rank = F.create_map(*(F.lit(one) for pair in KEEP_PRIORITY.items() for one in pair))[F.col("split")]
    rows = rows.withColumn("rank", F.when(F.col("removed"), 9).otherwise(rank))
    order = Window.partitionBy("content").orderBy("rank", F.col("old").desc(), "path", "shard", "position")
    first = order.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    rows = rows.withColumn("occurrence", F.row_number().over(order))
    for name in ("path", "split", "label"):
        rows = rows.withColumn(f"first_{name}", F.first(name).over(first))
    kept = F.when((F.col("occurrence") > 1) & ~F.col("removed") & _is_dropped(context), F.col("first_path"))
    rows = rows.withColumn("kept", kept).withColumn("kind", F.lit("exact"))
    if context.settings.near_duplicates is not None:
        rows = mark_near(rows, context, context.settings.near_duplicates)
    return assign_splits(rows, context)


def _is_dropped(context: PrepareContext) -> Column:
    """Return whether a later copy of a record is dropped; always if it would be in another split."""
    drop = context.settings.duplicates == "drop" or context.settings.near_duplicates is not None
    return F.lit(True) if drop else F.col("split") != F.col("first_split")
