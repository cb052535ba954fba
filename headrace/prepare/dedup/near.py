"""Which records are near to one that is kept: pairs by Spark, groups of them on the driver."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from headrace.prepare.dedup import signatures
from headrace.prepare.plan import PrepareContext


def mark_near(rows: DataFrame, task: PrepareContext) -> DataFrame:
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


def _bands(task: PrepareContext) -> Column:
    bits = task.settings.near_duplicates.bits if task.settings.near_duplicates else 0
    if task.settings.input == "image":
        return F.udf(partial(signatures.image_bands, bits=bits), "array<string>")(F.col("image_signature"))
    return F.udf(signatures.text_bands, "array<string>")(F.col("text_signature"))


def _is_near(task: PrepareContext, left: str, right: str) -> Column:
    settings = task.settings.near_duplicates
    if settings is None:
        return F.lit(False)
    if task.settings.input == "image":
        same = F.udf(partial(signatures.images_are_near, bits=settings.bits), "boolean")
        return same(F.col(f"{left}.image_signature"), F.col(f"{right}.image_signature"))
    alike = F.udf(partial(signatures.texts_are_near, similarity=settings.similarity), "boolean")
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
