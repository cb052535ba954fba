"""Near-duplicates of a kept record: Spark finds the pairs, the driver groups them."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from headrace.prepare.dedup import signatures
from headrace.prepare.plan import PrepareContext


def mark_near(rows: DataFrame, context: PrepareContext) -> DataFrame:
    """Return `rows` with `kept` also set for near-duplicates: the path of the first record of each group."""
    candidates = rows.where("kept is null and not removed and occurrence = 1")
    pairs = candidates.select("path", "rank", "old", "image_signature", "text_signature")
    banded = pairs.select("*", F.explode(_bands(context)).alias("band"))
    left, right = banded.alias("left"), banded.alias("right")
    each_pair_once = F.col("left.path") < F.col("right.path")
    candidate_pairs = left.join(right, (F.col("left.band") == F.col("right.band")) & each_pair_once)
    sides = [(side, name) for side in ("left", "right") for name in ("path", "rank", "old")]
    near_pairs = candidate_pairs.where(_is_near(context, "left", "right"))
    columns = (F.col(f"{side}.{name}").alias(f"{side}_{name}") for side, name in sides)
    near_pairs = near_pairs.select(*columns).distinct()
    kept = _group_near(near_pairs.toLocalIterator())
    if not kept:
        return rows
    near_kept = rows.sparkSession.createDataFrame(list(kept.items()), "path string, near_kept string")
    rows = rows.join(F.broadcast(near_kept), "path", "left")
    # A copy of a dropped record points at the record that is kept instead.
    redirects = F.broadcast(near_kept.withColumnRenamed("path", "kept").withColumnRenamed("near_kept", "further_kept"))
    rows = rows.join(redirects, "kept", "left")
    dropped = F.col("near_kept").isNotNull() & F.col("kept").isNull() & ~F.col("removed")
    return rows.withColumn("kind", F.when(dropped, "near").otherwise(F.col("kind"))).withColumn(
        "kept", F.when(dropped, F.col("near_kept")).otherwise(F.coalesce("further_kept", "kept"))
    )


def _bands(context: PrepareContext) -> Column:
    bits = context.settings.near_duplicates.bits if context.settings.near_duplicates else 0
    if context.settings.input == "image":
        return F.udf(partial(signatures.image_bands, bits=bits), "array<string>")(F.col("image_signature"))
    return F.udf(signatures.text_bands, "array<string>")(F.col("text_signature"))


def _is_near(context: PrepareContext, left: str, right: str) -> Column:
    settings = context.settings.near_duplicates
    if settings is None:
        return F.lit(False)
    if context.settings.input == "image":
        is_within_bits = F.udf(partial(signatures.images_are_near, bits=settings.bits), "boolean")
        return is_within_bits(F.col(f"{left}.image_signature"), F.col(f"{right}.image_signature"))
    is_similar = F.udf(partial(signatures.texts_are_near, similarity=settings.similarity), "boolean")
    return is_similar(F.col(f"{left}.text_signature"), F.col(f"{right}.text_signature"))


def _group_near(pairs: Iterable[Any]) -> dict[str, str]:
    """Return the path of the kept record, by the path of every record that is near it directly or transitively."""
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
