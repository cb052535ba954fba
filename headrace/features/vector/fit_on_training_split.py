"""Fit the mean and the variance of each component on the training split."""

from collections.abc import Sequence
from dataclasses import replace

from pyspark.sql import SparkSession

from headrace.config.sections.inputs.vector import Vector
from headrace.features.vector.contract_spec import VectorSpec
from headrace.features.vector.record_encoder_in_preparation import VECTOR
from headrace.prepare.encode_deduplicate_split_fit import StageOutput
from headrace.prepare.encoders.mean_and_variance import column_statistics
from headrace.prepare.incremental_plan_and_task_context import PrepareContext
from headrace.prepare.increments.source_changes import Increment
from headrace.table.shard_writer import Shard


def fit(spark: SparkSession, context: PrepareContext, output: StageOutput, increment: Increment) -> StageOutput:
    """See `FitOnTrainingSplitInterface`; each version has the statistics of its own training split."""
    shards = [shard for shard in output.accounting.shards if shard.split == "train"]
    if not shards:
        raise output.accounting.unusable_error(
            "No vector is in the training split", "Check prepare.splits or the source's splits."
        )
    return replace(output, input_specs={VECTOR: fit_vectors(spark, context, shards, VECTOR)})


def fit_vectors(spark: SparkSession, context: PrepareContext, shards: Sequence[Shard], column: str) -> VectorSpec:
    """Return the specification of the vectors in `column` of the shards, the same bits for the same shards."""
    section = context.settings.section(Vector)
    return VectorSpec(column=section.column, statistics=column_statistics(spark, context, shards, column, section.size))
