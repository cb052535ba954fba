"""Stratified and balanced splits: fractions hold within every class, or every class has as many rows."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from headrace.prepare.incremental_plan_and_task_context import UNASSIGNED, PrepareContext


def assign_splits(rows: DataFrame, context: PrepareContext) -> DataFrame:
    """Return `rows` with `target_split`; rows that already have a split keep it."""
    splits = context.settings.splits
    unassigned = rows.where((F.col("split") == UNASSIGNED) & F.col("kept").isNull())
    # Equal content counts once and is assigned to one split, even if its copies have different labels.
    contents = unassigned.groupBy("content").agg(F.min("label").alias("label"))
    by_class = Window.partitionBy("label")
    assigned = contents.withColumn("number", F.row_number().over(by_class.orderBy("content")) - 1)
    assigned = assigned.withColumn("size", F.count("*").over(by_class))
    if splits.method == "balanced":
        sizes = (F.min("size").alias("least"), F.count("*").alias("all"), F.countDistinct("label").alias("classes"))
        assigned = assigned.crossJoin(assigned.agg(*sizes))
        # Every class gives the fraction of the mean class size, or of the smallest class's size if that is less.
        test, val = (
            F.floor(F.least(F.col("all") / F.col("classes"), F.col("least")) * fraction + 0.5)
            for fraction in (splits.test, splits.val)
        )
    else:
        test, val = (F.floor(F.col("size") * edge + 0.5) for edge in (splits.test, splits.test + splits.val))
        val = val - test
    decided = F.when(F.col("number") < test, "test").when(F.col("number") < test + val, "val").otherwise("train")
    assigned = assigned.select("content", decided.alias("decided"))
    rows = rows.join(assigned, "content", "left")
    target_split = F.when(F.col("split") == UNASSIGNED, F.col("decided")).otherwise(F.col("split"))
    return rows.withColumn("target_split", target_split)
