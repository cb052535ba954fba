"""Train a tokenizer on the texts of the training split, unless there is one, and tokenise all texts."""

from dataclasses import replace
from pathlib import Path

from pyspark.sql import SparkSession

from headrace.prepare.increments.increment import Increment
from headrace.prepare.preparation_plan import STAGED, PrepareContext
from headrace.prepare.spark_stages import StageOutput
from headrace.prepare.text import tokenization
from headrace.table.shards import Shard


def fit(spark: SparkSession, context: PrepareContext, output: StageOutput, increment: Increment) -> StageOutput:
    """See `TrainingSplitFitInterface`."""
    staged = [shard for shard in output.accounting.shards if _is_staged(shard)]
    before = increment.before.contract.tokenizer if increment.before else None
    if before is None and not any(shard.split == "train" for shard in staged):
        raise output.accounting.unusable_error(
            "The training split holds no text to train a tokenizer on",
            "Check prepare.splits or the source's splits.",
        )
    tokenizer = before or tokenization.train_tokenizer(spark, context, staged)
    final = tokenization.tokenize(spark, context, staged, tokenizer) if staged else []
    others = [shard for shard in output.accounting.shards if not _is_staged(shard)]
    accounting = replace(output.accounting, shards=(*others, *final))
    return replace(
        output, accounting=accounting, columns=tokenization.token_columns(context, tokenizer), tokenizer=tokenizer
    )


def _is_staged(shard: Shard) -> bool:
    return Path(shard.path).is_relative_to(STAGED)
