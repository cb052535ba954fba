"""What can only be decided when all records are known: which are duplicates, and splits by class.

Spark reads the small columns of all shards, decides, and writes anew only the shards that a decision changes; the
driver holds none of it. Of equal records the one in the test split is kept before one in val or train, so that
dropping never changes what a model is judged on; within a split one of an older version, then the first path.
"""

import pickle
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from headrace.prepare import near
from headrace.prepare.forms import form_of
from headrace.prepare.gone import Gone
from headrace.prepare.shard_task import (
    STAGED,
    UNDECIDED,
    ChunkResult,
    Task,
    sums_of,
    write_shard_in,
)
from headrace.table.rejects import DUPLICATES_SCHEMA, duplicates_path
from headrace.table.shards import Shard, write_shard

PREFERENCE = {"test": 0, "val": 1, "train": 2, UNDECIDED: 3}
ROWS = (
    "shard string, position int, path string, content string, split string, label string, old boolean, "
    "gone boolean, image_signature bigint, text_signature binary"
)
RESULT = "result binary"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A shard and what is known of it without opening it."""

    path: str
    split: str
    old: bool


def must_settle(task: Task, *, fresh: Iterable[Shard], given_splits: bool, gone: Gone) -> bool:
    """Whether anything is left to decide."""
    settings = task.settings
    return (
        settings.duplicates == "drop"
        or settings.near_duplicates is not None
        or given_splits
        or bool(gone)
        or any(shard.split == UNDECIDED for shard in fresh)
    )


def settle(
    spark: SparkSession, task: Task, fresh: Iterable[Shard], old: Iterable[Shard], gone: Gone
) -> list[ChunkResult]:
    """Write anew the shards of which a row is a duplicate, is gone, or has its split decided only now."""
    places = [Place(path=one.path, split=one.split, old=False) for one in fresh]
    places += [Place(path=one.path, split=one.split, old=True) for one in old]
    listed = spark.createDataFrame([(pickle.dumps(place),) for place in places], "place binary")
    rows = listed.repartition(max(1, len(places))).mapInArrow(partial(_rows, task, gone), ROWS).cache()
    try:
        decided = _decided(rows, task)
        changed = decided.where("gone or kept is not null or split != wanted").select("shard").distinct()
        # A number of partitions of our own: Spark's would be one for little data, and all the writing in one task.
        affected = decided.join(changed, "shard", "left_semi").repartition(max(1, len(places)), "shard")
        written = affected.groupBy("shard").applyInPandas(_rewriter(task), RESULT)
        return [pickle.loads(row.result) for row in written.collect()]  # our own tasks' bytes
    finally:
        rows.unpersist()


def _rows(task: Task, gone: Gone, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The small columns of the shards."""
    for batch in batches:
        for pickled in batch["place"].to_pylist():
            place: Place = pickle.loads(pickled)
            with pq.ParquetFile(task.table / place.path) as file:
                names = [name for name in SMALL if name in file.schema_arrow.names]
                table = file.read(names)
            yield from _small(place, gone, table).to_batches()


SMALL = ("path", "content_hash", "label", "perceptual_hash", "minhash")


def _small(place: Place, gone: Gone, table: pa.Table) -> pa.Table:
    count = table.num_rows
    paths = table["path"].to_pylist()
    columns = {
        "shard": pa.array([place.path] * count),
        "position": pa.array(range(count), pa.int32()),
        "path": pa.array(paths, pa.string()),
        "content": table["content_hash"].combine_chunks(),
        "split": pa.array([place.split] * count),
        "label": table["label"].cast(pa.string()).combine_chunks(),
        "old": pa.array([place.old] * count),
        "gone": pa.array([place.old and path in gone for path in paths], pa.bool_()),
        "image_signature": _column(table, "perceptual_hash", pa.int64()),
        "text_signature": _column(table, "minhash", pa.binary()),
    }
    return pa.table(columns)


def _column(table: pa.Table, name: str, kind: pa.DataType) -> pa.Array:
    return table[name].combine_chunks() if name in table.column_names else pa.nulls(table.num_rows, kind)


def _decided(rows: DataFrame, task: Task) -> DataFrame:
    """`rows` with `wanted`, the split each shall be in, and `kept`, the path of the one it is a duplicate of."""
    rank = F.create_map(*(F.lit(one) for pair in PREFERENCE.items() for one in pair))[F.col("split")]
    rows = rows.withColumn("rank", F.when(F.col("gone"), 9).otherwise(rank))
    order = Window.partitionBy("content").orderBy("rank", F.col("old").desc(), "path", "shard", "position")
    first = order.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    rows = rows.withColumn("place", F.row_number().over(order))
    for name in ("path", "split"):
        rows = rows.withColumn(f"first_{name}", F.first(name).over(first))
    kept = F.when((F.col("place") > 1) & ~F.col("gone") & _goes(task), F.col("first_path"))
    rows = rows.withColumn("kept", kept).withColumn("kind", F.lit("exact"))
    if task.settings.near_duplicates is not None:
        rows = _without_near(rows, task)
    return _with_splits(rows, task)


def _goes(task: Task) -> Column:
    """Whether a later one of equal records is dropped; always where it would stand in another split."""
    drop = task.settings.duplicates == "drop" or task.settings.near_duplicates is not None
    return F.lit(True) if drop else F.col("split") != F.col("first_split")


def _with_splits(rows: DataFrame, task: Task) -> DataFrame:
    splits = task.settings.splits
    open_ones = rows.where((F.col("split") == UNDECIDED) & F.col("kept").isNull())
    # Equal content counts once and goes to one split, also where its copies have different labels.
    contents = open_ones.groupBy("content").agg(F.min("label").alias("label"))
    by_class = Window.partitionBy("label")
    placed = contents.withColumn("number", F.row_number().over(by_class.orderBy("content")) - 1)
    placed = placed.withColumn("size", F.count("*").over(by_class))
    if splits.method == "balanced":
        sizes = (F.min("size").alias("least"), F.count("*").alias("all"), F.countDistinct("label").alias("classes"))
        placed = placed.crossJoin(placed.agg(*sizes))
        # As many of each class as the fraction asks for, and no more than the smallest class can give.
        test, val = (
            F.floor(F.least(F.col("all") / F.col("classes"), F.col("least")) * fraction + 0.5)
            for fraction in (splits.test, splits.val)
        )
    else:
        test, val = (F.floor(F.col("size") * edge + 0.5) for edge in (splits.test, splits.test + splits.val))
        val = val - test
    decided = F.when(F.col("number") < test, "test").when(F.col("number") < test + val, "val").otherwise("train")
    placed = placed.select("content", decided.alias("decided"))
    rows = rows.join(placed, "content", "left")
    wanted = F.when(F.col("split") == UNDECIDED, F.col("decided")).otherwise(F.col("split"))
    return rows.withColumn("wanted", wanted)


def _without_near(rows: DataFrame, task: Task) -> DataFrame:
    """`rows` with `kept` also for those that are near to one kept: the first of each group of near records."""
    alive = rows.where("kept is null and not gone and place = 1")
    pairs = alive.select("path", "rank", "old", "image_signature", "text_signature")
    banded = pairs.select("*", F.explode(_bands(task)).alias("band"))
    left, right = banded.alias("left"), banded.alias("right")
    once = F.col("left.path") < F.col("right.path")
    together = left.join(right, (F.col("left.band") == F.col("right.band")) & once)
    sides = [(side, name) for side in ("left", "right") for name in ("path", "rank", "old")]
    found = together.where(_is_near(task, "left", "right"))
    found = found.select(*(F.col(f"{side}.{name}").alias(f"{side}_{name}") for side, name in sides)).distinct()
    kept = _first_of_groups(found.toLocalIterator())
    if not kept:
        return rows
    named = rows.sparkSession.createDataFrame(list(kept.items()), "path string, near_kept string")
    rows = rows.join(F.broadcast(named), "path", "left")
    # A copy of a dropped record points at the one that is kept in its place.
    through = F.broadcast(named.withColumnRenamed("path", "kept").withColumnRenamed("near_kept", "further_kept"))
    rows = rows.join(through, "kept", "left")
    dropped = F.col("near_kept").isNotNull() & F.col("kept").isNull() & ~F.col("gone")
    return rows.withColumn("kind", F.when(dropped, "near").otherwise(F.col("kind"))).withColumn(
        "kept", F.when(dropped, F.col("near_kept")).otherwise(F.coalesce("further_kept", "kept"))
    )


def _bands(task: Task) -> Column:
    bits = task.settings.near_duplicates.bits if task.settings.near_duplicates else 0
    if task.settings.input == "image":
        return F.udf(partial(near.image_bands, bits=bits), "array<string>")(F.col("image_signature"))
    return F.udf(near.text_bands, "array<string>")(F.col("text_signature"))


def _is_near(task: Task, left: str, right: str) -> Column:
    settings = task.settings.near_duplicates
    if settings is None:
        return F.lit(False)
    if task.settings.input == "image":
        same = F.udf(partial(near.images_are_near, bits=settings.bits), "boolean")
        return same(F.col(f"{left}.image_signature"), F.col(f"{right}.image_signature"))
    alike = F.udf(partial(near.texts_are_near, similarity=settings.similarity), "boolean")
    return alike(F.col(f"{left}.text_signature"), F.col(f"{right}.text_signature"))


def _first_of_groups(pairs: Iterable[Any]) -> dict[str, str]:
    """Path of the one kept by path of every other record that is near to it, directly or through others."""
    order: dict[str, tuple[int, bool, str]] = {}
    first: dict[str, str] = {}

    def group(path: str) -> str:
        while first.setdefault(path, path) != path:
            first[path] = path = first[first[path]]
        return path

    for pair in pairs:
        order[pair.left_path] = (pair.left_rank, not pair.left_old, pair.left_path)
        order[pair.right_path] = (pair.right_rank, not pair.right_old, pair.right_path)
        left, right = sorted((group(pair.left_path), group(pair.right_path)), key=order.__getitem__)
        first[right] = left
    return {path: group(path) for path in first if group(path) != path}


def _rewriter(task: Task) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def rewrite(decisions: pd.DataFrame) -> pd.DataFrame:
        result = _Rewriting(task, decisions).run()
        return pd.DataFrame({"result": [pickle.dumps(result)]})

    return rewrite


class _Rewriting:
    """Of one shard."""

    def __init__(self, task: Task, decisions: pd.DataFrame) -> None:
        self.task = task
        self.decisions = decisions.sort_values("position")
        self.old = Path(str(self.decisions["shard"].iloc[0]))
        self.split = str(self.decisions["split"].iloc[0])
        self.columns = form_of(task.settings).columns

    def run(self) -> ChunkResult:
        with pq.ParquetFile(self.task.table / self.old) as file:
            rows = file.read()
        result = ChunkResult(removed=[str(self.old)])
        result.removed_counts = _counted(self.split, rows)
        if self.split == "train":
            result.removed_sums = sums_of(rows, self.columns)
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
        if split == "train":
            result.sums = sums_of(rows, self.columns)

    def _drop(self, result: ChunkResult) -> None:
        dropped = self.decisions[self.decisions["kept"].notna() & ~self.decisions["gone"]]
        result.duplicates = len(dropped)
        if len(dropped):
            rows = pa.Table.from_pandas(dropped[["path", "kind", "kept"]], DUPLICATES_SCHEMA, preserve_index=False)
            folder = duplicates_path(self.task.table)
            result.duplicate_shards.append(write_shard(rows.replace_schema_metadata(None), folder, self.name))


def _counted(split: str, rows: pa.Table) -> Counter[tuple[str, int]]:
    if pa.types.is_floating(rows.schema.field("label").type):
        return Counter({(split, 0): rows.num_rows})
    return Counter((split, label) for label in rows["label"].to_pylist())
