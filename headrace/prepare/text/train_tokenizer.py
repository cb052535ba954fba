"""The second stage of text: learn a tokeniser on the training split, if there is none yet, and apply it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import SparkSession

from headrace.contract import Column, Tokenizer
from headrace.errors import DataError
from headrace.prepare.columns import arrow_schema, text_columns, with_bookkeeping
from headrace.prepare.plan import PrepareContext
from headrace.prepare.shard_writer import write_shard_in
from headrace.prepare.text.tokenizer import (
    Counted,
    bpe_tokenizer,
    encode,
    save_tokenizer,
    split_words,
    token_dtype,
    word_tokenizer,
)
from headrace.storage.parquet import open_parquet
from headrace.table.shards import Shard

BATCH = 1024


class Staged(NamedTuple):
    """A shard of clean texts and its number."""

    number: int
    shard: Shard


def train_tokenizer(spark: SparkSession, task: PrepareContext, staged: Sequence[Shard]) -> Tokenizer:
    """A tokeniser of the training texts among `staged`, frozen in the table's folder.

    Raises:
        DataError: there are none.
    """
    training = sorted((shard for shard in staged if shard.split == "train"), key=lambda shard: shard.path)
    if not training:
        raise DataError("No text is in the training split, so no tokeniser can be learned; nothing was committed.")
    form = task.settings.text
    if form.tokens.kind == "bpe":
        return save_tokenizer(bpe_tokenizer(_texts(task, training), form), form, task.table)
    paths = spark.sparkContext.parallelize([shard.path for shard in training], len(training))
    counted = paths.mapPartitions(partial(_count, task)).reduceByKey(int.__add__)
    # Ties at the edge of the vocabulary are broken by the alphabet, so that equal texts give equal tokenisers.
    frequent = counted.takeOrdered(form.tokens.vocabulary, key=lambda pair: (-pair[1], pair[0]))
    return save_tokenizer(word_tokenizer([Counted(*pair) for pair in frequent], form), form, task.table)


def tokenize(spark: SparkSession, task: PrepareContext, staged: Sequence[Shard], tokenizer: Tokenizer) -> list[Shard]:
    """The final shards of `staged`, one for each."""
    numbered = [Staged(number, shard) for number, shard in enumerate(staged)]
    work = spark.sparkContext.parallelize(numbered, max(1, len(numbered)))
    return list(work.mapPartitions(partial(_tokenize, task, tokenizer)).collect())


def token_columns(task: PrepareContext, tokenizer: Tokenizer) -> dict[str, Column]:
    """Of the final shards."""
    return with_bookkeeping(text_columns(tokenizer, token_dtype(tokenizer)), task.settings)


def _count(task: PrepareContext, paths: Iterator[str]) -> Iterator[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for path in paths:
        for text in _texts_of(task.table / path):
            counts.update(split_words(text, task.settings.text))
    yield from counts.items()


def _texts(task: PrepareContext, shards: Sequence[Shard]) -> Iterator[str]:
    """At most as many as BPE is to be learned from, spread over all shards."""
    rows = sum(shard.rows for shard in shards)
    step = max(1, -(-rows // task.settings.text.tokens.bpe_texts))
    texts = (text for shard in shards for text in _texts_of(task.table / shard.path))
    yield from (text for number, text in enumerate(texts) if number % step == 0)


def _texts_of(path: Path) -> Iterator[str]:
    with open_parquet(path) as file:
        for batch in file.iter_batches(BATCH, columns=["text"]):
            yield from batch["text"].to_pylist()


def _tokenize(task: PrepareContext, tokenizer: Tokenizer, staged: Iterator[Staged]) -> Iterator[Shard]:
    context = TaskContext.get()
    attempt = context.taskAttemptId() if context else 0
    schema = arrow_schema(token_columns(task, tokenizer))
    for number, shard in staged:
        with open_parquet(task.table / shard.path) as file:
            rows = file.read()
        tokens = encode(rows["text"].to_pylist(), tokenizer, task.table)
        rows = rows.set_column(rows.column_names.index("text"), "tokens", [pa.array(tokens, pa.binary())])
        final = pa.table([rows[name] for name in schema.names], schema=schema)
        yield write_shard_in(task, final, ".", f"{task.identity}-{number:06d}-{attempt}-t", shard.split)
