"""Fit the mean and the variance of each component on the training split."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial, reduce

import numpy as np
from pyspark.sql import SparkSession

from headrace.config.sections.vector import Vector
from headrace.features.contract_entry import Statistics
from headrace.features.vector.contract_entry import VectorSpec
from headrace.features.vector.record_encoder import VECTOR
from headrace.prepare.encoders.statistics import Moments, compute_moments
from headrace.prepare.increments.source_changes import Increment
from headrace.prepare.preparation_plan import PrepareContext
from headrace.prepare.spark_stages import StageOutput
from headrace.storage.open_parquet import open_parquet
from headrace.table.shard_writer import Shard


def fit(spark: SparkSession, context: PrepareContext, output: StageOutput, increment: Increment) -> StageOutput:
    """See `FitTransformInterface`; each version has the statistics of its own training split."""
    shards = [shard for shard in output.accounting.shards if shard.split == "train"]
    if not shards:
        raise output.accounting.unusable_error(
            "No vector is in the training split", "Check prepare.splits or the source's splits."
        )
    return replace(output, input_specs={VECTOR: fit_vectors(spark, context, shards, VECTOR)})


def fit_vectors(spark: SparkSession, context: PrepareContext, shards: Sequence[Shard], column: str) -> VectorSpec:
    """Return what a contract says of the vectors in `column` of the shards, the same bits for the same shards."""
    section, paths = context.settings.section(Vector), sorted(shard.path for shard in shards)
    tasks = spark.sparkContext.parallelize(paths, min(len(paths), 4 * spark.sparkContext.defaultParallelism))
    total = reduce(Moments.merge, tasks.mapPartitions(partial(_moments, context, column)).collect())
    statistics = Statistics(mean=tuple(total.mean.tolist()), variance=tuple((total.squares / total.count).tolist()))
    return VectorSpec(column=section.column, statistics=statistics)


def _moments(context: PrepareContext, column: str, paths: Iterator[str]) -> Iterator[Moments]:
    size = context.settings.section(Vector).size
    for path in paths:
        with open_parquet(context.table / path) as file:
            stored = file.read([column])[column].to_pylist()
        yield compute_moments(np.frombuffer(b"".join(stored), "<f4").reshape(-1, size))
