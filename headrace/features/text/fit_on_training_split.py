"""Train a tokenizer on the training split, if none is given, and tokenise all texts."""

from dataclasses import replace

from pyspark.sql import SparkSession

from headrace.features.text.contract_spec import TextSpec
from headrace.prepare.encode_deduplicate_split_fit import StageOutput
from headrace.prepare.incremental_plan_and_task_context import PrepareContext
from headrace.prepare.increments.source_changes import Increment
from headrace.prepare.tasks.final_shard_encoding import warn_of_encoded
from headrace.prepare.text import train_tokenizer_and_tokenize


def fit(spark: SparkSession, context: PrepareContext, output: StageOutput, increment: Increment) -> StageOutput:
    """See `FitOnTrainingSplitInterface`."""
    staged = output.staged
    before = TextSpec.of(increment.before.contract).tokenizer if increment.before else None
    if before is None and not any(shard.split == "train" for shard in staged):
        raise output.accounting.unusable_error(
            "The training split holds no text to train a tokenizer on",
            "Check prepare.splits or the source's splits.",
        )
    tokenizer = before or train_tokenizer_and_tokenize.train_tokenizer(spark, context, staged)
    final, observations = train_tokenizer_and_tokenize.tokenize(spark, context, staged, tokenizer)
    warn_of_encoded(observations, are_appended=before is not None)
    columns = train_tokenizer_and_tokenize.token_columns(context, tokenizer)
    specs = {"tokens": TextSpec(tokenizer=tokenizer)}
    return replace(output.with_final(final), columns=columns, input_specs=specs)
