"""Splits of rows by their time: the same moments for all series, as what happens in one may be seen in another."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headrace.config.preparation import Splits


def split_by_time(rows: DataFrame, splits: Splits) -> DataFrame:
    """`rows` with `split`, by `seconds`: fractions of the time from the first row to the last."""
    ends = rows.agg(F.min("seconds").alias("first"), F.max("seconds").alias("last"))
    place = (F.col("seconds") - F.col("first")) / F.nullif(F.col("last") - F.col("first"), F.lit(0.0))
    split = F.when(place > splits.train + splits.val, "test").when(place > splits.train, "val").otherwise("train")
    return rows.crossJoin(F.broadcast(ends)).withColumn("split", split).drop("first", "last")
