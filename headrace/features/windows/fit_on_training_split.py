"""Fit the statistics of windows on the training split."""

import logging
from dataclasses import replace

from pyspark.sql import SparkSession

from headrace.prepare.encode_deduplicate_split_fit import StageOutput
from headrace.prepare.encoders.mean_and_variance import column_statistics
from headrace.prepare.encoders.number_notation_and_float32_warnings import feature_warning
from headrace.prepare.incremental_plan_and_task_context import PrepareContext
from headrace.prepare.increments.source_changes import Increment

log = logging.getLogger(__name__)


def fit(spark: SparkSession, context: PrepareContext, output: StageOutput, increment: Increment) -> StageOutput:
    """See `FitOnTrainingSplitInterface`."""
    shards = [shard for shard in output.accounting.shards if shard.split == "train"]
    if not shards:
        copies = output.accounting.duplicates
        equal = f"; {copies} windows equal others and were dropped (prepare.duplicates)" if copies else ""
        raise output.accounting.unusable_error(
            f"No window is in the training split{equal}", "Check prepare.splits or the source's splits."
        )
    features = context.settings.window_spec.values
    statistics = column_statistics(spark, context, shards, "window", len(features))
    warning = feature_warning(statistics, features)
    if warning is not None:
        log.warning("%s", warning)
    return replace(output, statistics=statistics)
