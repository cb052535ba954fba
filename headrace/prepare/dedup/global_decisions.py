"""What can only be decided when all records are known: which are duplicates, and splits by class.

Spark reads the small columns of all shards, decides, and writes anew only the shards that a decision changes; the
driver holds none of it. Of equal records the one in the test split is kept before one in val or train, so that
dropping never changes what a model is judged on; within a split one of an older version, then the first path.
"""

import pickle
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from headrace.prepare.chunks import ChunkResult
from headrace.prepare.dedup.exact import has_no_duplicates
from headrace.prepare.dedup.near import mark_near
from headrace.prepare.dedup.rewrite import rewriter
from headrace.prepare.dedup.stratified import assign_splits
from headrace.prepare.plan import UNASSIGNED, PrepareContext
from headrace.prepare.removed_files import RemovedFiles
from headrace.storage.parquet import open_parquet
from headrace.table.shards import Shard

KEEP_PRIORITY = {"test": 0, "val": 1, "train": 2, UNASSIGNED: 3}
ROWS = (
    "shard string, position int, path string, content string, split string, label string, old boolean, "
    "gone boolean, image_signature bigint, text_signature binary"
)
RESULT = "result binary"


@dataclass(frozen=True, kw_only=True)
class ShardRef:
    """A shard and what is known of it without opening it."""

    path: str
    split: str
    old: bool


def needs_global_decisions(
    task: PrepareContext, *, fresh: Sequence[Shard], old: Sequence[Shard], given_splits: bool, gone: RemovedFiles
) -> bool:
    """Whether anything is left to decide."""
    settings = task.settings
    if settings.near_duplicates is not None or gone or any(shard.split == UNASSIGNED for shard in fresh):
        return True
    drop = settings.duplicates == "drop"
    return (drop or given_splits) and not has_no_duplicates(task.table, [*fresh, *old], in_one_split=drop)


def make_global_decisions(
    spark: SparkSession, task: PrepareContext, fresh: Iterable[Shard], old: Iterable[Shard], gone: RemovedFiles
) -> list[ChunkResult]:
    """Write anew the shards of which a row is a duplicate, is gone, or has its split decided only now."""
    places = [ShardRef(path=one.path, split=one.split, old=False) for one in fresh]
    places += [ShardRef(path=one.path, split=one.split, old=True) for one in old]
    listed = spark.createDataFrame([(pickle.dumps(place),) for place in places], "place binary")
    rows = listed.repartition(max(1, len(places))).mapInArrow(partial(_rows, task, gone), ROWS).cache()
    try:
        decided = _decide(rows, task)
        changed = decided.where("gone or kept is not null or split != wanted").select("shard").distinct().collect()
        if not changed:
            return []
        # A number of partitions of our own: Spark's would be one for little data, and all the writing in one task.
        affected = decided.join(spark.createDataFrame(changed), "shard", "left_semi").repartition(len(changed), "shard")
        written = affected.groupBy("shard").applyInPandas(rewriter(task), RESULT)
        return [pickle.loads(row.result) for row in written.collect()]  # our own tasks' bytes
    finally:
        rows.unpersist()


def _rows(task: PrepareContext, gone: RemovedFiles, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The small columns of the shards."""
    for batch in batches:
        for pickled in batch["place"].to_pylist():
            place: ShardRef = pickle.loads(pickled)
            with open_parquet(task.table / place.path) as file:
                names = [name for name in SMALL if name in file.schema_arrow.names]
                table = file.read(names)
            yield from _small(place, gone, table).to_batches()


SMALL = ("path", "content_hash", "label", "perceptual_hash", "minhash")


def _small(place: ShardRef, gone: RemovedFiles, table: pa.Table) -> pa.Table:
    count = table.num_rows
    paths = table["path"].to_pylist()
    columns = {
        "shard": pa.array([place.path] * count),
        "position": pa.array(range(count), pa.int32()),
        "path": pa.array(paths, pa.string()),
        "content": table["content_hash"].combine_chunks(),
        "split": pa.array([place.split] * count),
        "label": _label(table["label"]),
        "old": pa.array([place.old] * count),
        "gone": pa.array([place.old and path in gone for path in paths], pa.bool_()),
        "image_signature": _column(table, "perceptual_hash", pa.int64()),
        "text_signature": _column(table, "minhash", pa.binary()),
    }
    return pa.table(columns)


def _label(labels: pa.ChunkedArray) -> pa.Array:
    """As text; nothing where a row has many, by which no split is decided."""
    if pa.types.is_binary(labels.type):
        return pa.nulls(len(labels), pa.string())
    return labels.cast(pa.string()).combine_chunks()


def _column(table: pa.Table, name: str, kind: pa.DataType) -> pa.Array:
    return table[name].combine_chunks() if name in table.column_names else pa.nulls(table.num_rows, kind)


def _decide(rows: DataFrame, task: PrepareContext) -> DataFrame:
    """`rows` with `wanted`, the split each shall be in, and `kept`, the path of the one it is a duplicate of."""
    rank = F.create_map(*(F.lit(one) for pair in KEEP_PRIORITY.items() for one in pair))[F.col("split")]
    rows = rows.withColumn("rank", F.when(F.col("gone"), 9).otherwise(rank))
    order = Window.partitionBy("content").orderBy("rank", F.col("old").desc(), "path", "shard", "position")
    first = order.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    rows = rows.withColumn("place", F.row_number().over(order))
    for name in ("path", "split"):
        rows = rows.withColumn(f"first_{name}", F.first(name).over(first))
    kept = F.when((F.col("place") > 1) & ~F.col("gone") & _goes(task), F.col("first_path"))
    rows = rows.withColumn("kept", kept).withColumn("kind", F.lit("exact"))
    if task.settings.near_duplicates is not None:
        rows = mark_near(rows, task)
    return assign_splits(rows, task)


def _goes(task: PrepareContext) -> Column:
    """Whether a later one of equal records is dropped; always where it would stand in another split."""
    drop = task.settings.duplicates == "drop" or task.settings.near_duplicates is not None
    return F.lit(True) if drop else F.col("split") != F.col("first_split")
