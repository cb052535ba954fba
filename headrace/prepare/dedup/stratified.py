"""Splits whose fractions hold for every class, or that have as many rows of each."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from headrace.prepare.plan import UNASSIGNED, PrepareContext


def assign_splits(rows: DataFrame, task: PrepareContext) -> DataFrame:
    """`rows` with `wanted`, the split each shall be in; those whose split was decided before stay in it."""
    splits = task.settings.splits
    open_ones = rows.where((F.col("split") == UNASSIGNED) & F.col("kept").isNull())
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
    wanted = F.when(F.col("split") == UNASSIGNED, F.col("decided")).otherwise(F.col("split"))
    return rows.withColumn("wanted", wanted)
