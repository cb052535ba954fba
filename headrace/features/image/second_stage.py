"""The second stage of images: none, as the first writes final shards."""

from pyspark.sql import SparkSession

from headrace.prepare.increments.increment import Increment
from headrace.prepare.plan import PrepareContext
from headrace.prepare.stages import StageOutput


def finish(spark: SparkSession, context: PrepareContext, output: StageOutput, increment: Increment) -> StageOutput:
    """See `SecondStageInterface`."""
    return output
