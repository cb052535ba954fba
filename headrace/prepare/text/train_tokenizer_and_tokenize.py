"""Train a tokenizer on the training split, unless one is given, and tokenise all texts."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
from pyspark.sql import SparkSession

from headrace.contract import Column
from headrace.errors import DataError
from headrace.features.text.contract_spec import Tokenizer
from headrace.features.text.record_encoder_in_preparation import bookkeeping_columns, text_columns
from headrace.prepare.arrow_schema_and_columns import record_columns
from headrace.prepare.incremental_plan_and_task_context import PrepareContext
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.tasks.final_shard_encoding import EncodeRows, encode_staged_shards
from headrace.prepare.text.tokenizer import (
    WordCount,
    bpe_tokenizer,
    encode,
    save_tokenizer,
    split_words,
    token_dtype,
    word_tokenizer,
)
from headrace.storage.open_parquet import open_parquet
from headrace.table.shard_writer import Shard
from headrace.wording import quantity

log = logging.getLogger(__name__)

# A vocabulary that covers less than this share of all words is reported.
MIN_COVERAGE = 0.5
BATCH = 1024


def train_tokenizer(
    spark: SparkSession, context: PrepareContext, staged: Sequence[Shard], column: str = "text"
) -> Tokenizer:
    """Return a tokenizer trained on the training split of `staged`, which has rows, and saved in the table's folder.

    Args:
        column: column of the clean texts.

    Raises:
        DataError: no word is frequent enough.
    """
    training = sorted((shard for shard in staged if shard.split == "train"), key=lambda shard: shard.path)
    spec = context.settings.text
    if spec.tokens.kind == "bpe":
        return save_tokenizer(bpe_tokenizer(_sample_texts(context, training, column), spec), spec, context.table)
    paths = spark.sparkContext.parallelize([shard.path for shard in training], len(training))
    counted = paths.mapPartitions(partial(_count, context, column)).reduceByKey(int.__add__).cache()
    # Ties at the edge of the vocabulary are broken alphabetically, so that equal texts give equal tokenizers.
    frequent = counted.takeOrdered(spec.tokens.vocabulary, key=lambda pair: (-pair[1], pair[0]))
    _require_coverage(frequent, counted.values().sum(), spec.tokens.min_count)
    counted.unpersist()
    return save_tokenizer(word_tokenizer([WordCount(*pair) for pair in frequent], spec), spec, context.table)


def _require_coverage(frequent: list[tuple[str, int]], total: int, min_count: int) -> None:
    """Warn of a vocabulary that covers few of the words in the training split, as in a language without spaces.

    Raises:
        DataError: it covers none.
    """
    known = sum(times for _, times in frequent if times >= min_count)
    remedy = "set prepare.text.tokens.kind to bpe, which needs no spaces between words"
    if not known:
        raise DataError(
            f"None of the {total} words in the training split occurs {quantity(min_count, 'time')}, as "
            "prepare.text.tokens.min_count requires: every text would be unknown tokens only; nothing was committed. "
            f"Lower it, or {remedy}."
        )
    if known < MIN_COVERAGE * total:
        log.warning(
            "The vocabulary covers %.0f %% of the words in the training split; %s.", 100 * known / total, remedy
        )


def tokenize(
    spark: SparkSession, context: PrepareContext, staged: Sequence[Shard], tokenizer: Tokenizer
) -> tuple[list[Shard], Observations]:
    """Write one final shard of token ids for each of `staged`; return them, and what is found in the texts."""
    make_encoder = partial(_make_encoder, context, tokenizer)
    return encode_staged_shards(spark, context, staged, token_columns(context, tokenizer), make_encoder)


def token_columns(context: PrepareContext, tokenizer: Tokenizer) -> dict[str, Column]:
    """Return the columns of the final shards."""
    columns = record_columns(text_columns(tokenizer, token_dtype(tokenizer)), context.settings)
    return columns | bookkeeping_columns(context.settings)


def _count(context: PrepareContext, column: str, paths: Iterator[str]) -> Iterator[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for path in paths:
        for text in _iter_texts(context.table / path, column):
            counts.update(split_words(text, context.settings.text))
    yield from counts.items()


def _sample_texts(context: PrepareContext, shards: Sequence[Shard], column: str) -> Iterator[str]:
    """Yield at most `tokens.bpe_texts` texts, spread evenly over all shards."""
    rows = sum(shard.rows for shard in shards)
    step = max(1, -(-rows // context.settings.text.tokens.bpe_texts))
    texts = (text for shard in shards for text in _iter_texts(context.table / shard.path, column))
    yield from (text for number, text in enumerate(texts) if number % step == 0)


def _iter_texts(path: Path, column: str) -> Iterator[str]:
    with open_parquet(path) as file:
        for batch in file.iter_batches(BATCH, columns=[column]):
            yield from batch[column].to_pylist()


def _make_encoder(context: PrepareContext, tokenizer: Tokenizer) -> EncodeRows:
    def encode_texts(rows: pa.Table, observations: Observations) -> dict[str, pa.Array]:
        stored = encode(rows["text"].to_pylist(), tokenizer, context.table, observations)
        return {"tokens": pa.array(stored, pa.binary())}

    return encode_texts
