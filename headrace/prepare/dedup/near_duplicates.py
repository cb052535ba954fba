"""Mark near duplicates: Spark finds candidate pairs, the driver groups them."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headrace.config.sections.preparation import NearDuplicates
from headrace.features.input_kind_loader import input_module
from headrace.prepare.incremental_plan_and_task_context import PrepareContext


class NearDuplicatesInterface(Protocol):
    """The module `near_duplicates` of an input kind."""

    @property
    def SIGNATURE(self) -> str:  # noqa: N802 - the name of a constant
        """Column of the signatures."""

    def make_bands(self, settings: NearDuplicates) -> Callable[[Any], list[str]]:
        """Return a function to the bands of a signature; near records very likely share at least one."""

    def make_test(self, settings: NearDuplicates) -> Callable[[Any, Any], bool]:
        """Return a function that returns whether two signatures are those of near-duplicates."""


def mark_near(rows: DataFrame, context: PrepareContext, settings: NearDuplicates) -> DataFrame:
    """Return `rows` with `kept` also set for near-duplicates: the path of the first record of each group."""
    candidates = rows.where("kept is null and not removed and occurrence = 1")
    module: NearDuplicatesInterface = input_module(context.settings.input, "near_duplicates")
    pairs = candidates.select("path", "rank", "old", F.col(module.SIGNATURE).alias("signature"))
    bands = F.udf(module.make_bands(settings), "array<string>")
    banded = pairs.select("*", F.explode(bands("signature")).alias("band"))
    left, right = banded.alias("left"), banded.alias("right")
    each_pair_once = F.col("left.path") < F.col("right.path")
    candidate_pairs = left.join(right, (F.col("left.band") == F.col("right.band")) & each_pair_once)
    sides = [(side, name) for side in ("left", "right") for name in ("path", "rank", "old")]
    is_near = F.udf(module.make_test(settings), "boolean")
    near_pairs = candidate_pairs.where(is_near("left.signature", "right.signature"))
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
