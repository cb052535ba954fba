"""The work of a preparation, stage by stage, by Spark: form records, settle what needs all of them, tokenise."""

import hashlib
import math
import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter
from pathlib import Path

import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from headrace.config.configuration import Prepare, Source
from headrace.contract import Column, Statistics, Tokenizer
from headrace.errors import DataError
from headrace.prepare.accounting import RecordAccounting, merge_results
from headrace.prepare.chunks import ChunkResult, make_chunks
from headrace.prepare.dedup.global_decisions import make_global_decisions, needs_global_decisions
from headrace.prepare.encoders.labels import parse_labels
from headrace.prepare.encoders.record_encoders import encoder_for
from headrace.prepare.encoders.statistics import window_statistics
from headrace.prepare.incremental import Increment
from headrace.prepare.plan import STAGED, Chunk, PrepareContext
from headrace.prepare.shard_writer import ShardWriter, list_labels, prepare_chunks
from headrace.prepare.sources import Listing, RawFile
from headrace.prepare.sources.base import natural_sort
from headrace.prepare.sources.folder import read_bytes
from headrace.prepare.sources.spark_table import NO_FILES, cell_format, frame_records, read_frame
from headrace.prepare.sources.windows import read_windows, window_records
from headrace.prepare.text import train_tokenizer
from headrace.table.shards import Shard

MAX_CLASSES = 100_000
# Rows that Spark hands to Python at once; images of a megabyte each are among them.
ROWS_AT_ONCE = 256


@dataclass(frozen=True, kw_only=True)
class StageOutput:
    """What the stages have made.

    Attributes:
        account: of the fresh records, and of what was written anew of older shards.
        statistics: of windows.
    """

    account: RecordAccounting
    results: list[ChunkResult]
    columns: dict[str, Column]
    classes: tuple[str, ...]
    tokenizer: Tokenizer | None = None
    statistics: Statistics | None = None


def run_stages(
    spark: SparkSession, task: PrepareContext, source: Source, listing: Listing, increment: Increment
) -> StageOutput:
    """Prepare what is fresh and take out what is gone.

    Raises:
        DataError: the source is refused.
    """
    fresh = replace(listing, files=increment.changed)
    holds = cell_format(source, task.root, task.settings.input) if source.columns else ""
    records = _frame(spark, task, source, fresh, holds) if source.columns else _chunks(spark, task, fresh)
    classes = _classes(spark, task, listing, records, increment)
    task = replace(task, labels={name: number for number, name in enumerate(classes)})
    results = _first_stage(spark, task, holds, records)
    shards = [shard for result in results for shard in result.shards]
    old = increment.before.shards if increment.before else ()
    given = _splits_are_given(task, source, fresh.files)
    if needs_global_decisions(task, fresh=shards, old=old, given_splits=given, gone=increment.removed):
        results += make_global_decisions(spark, task, shards, old, increment.removed)
    made = StageOutput(
        account=merge_results(results), results=results, columns=encoder_for(task.settings).columns, classes=classes
    )
    if task.settings.windows is not None:
        shards = [shard for shard in made.account.shards if shard.split == "train"]
        return replace(made, statistics=window_statistics(spark, task, shards))
    return _tokenized(spark, task, made, increment) if task.settings.input == "text" else made


def with_content(spark: SparkSession, listing: Listing) -> Listing:
    """`listing` with a hash of each file's content in the place of its time.

    Raises:
        DataError: a file cannot be read.
    """
    paths = sorted({file.path for file in listing.files if file.size >= 0})
    hashes = dict(spark.sparkContext.parallelize(paths).map(partial(_content_number, listing.root)).collect())
    return replace(listing, files=[file._replace(modified=hashes.get(file.path, 0)) for file in listing.files])


def _content_number(root: str, path: str) -> tuple[str, int]:
    digest = hashlib.blake2b(read_bytes(root, path), digest_size=8).digest()
    return path, int.from_bytes(digest, "little", signed=True)


def _first_stage(
    spark: SparkSession, task: PrepareContext, holds: str, records: "DataFrame | list[Chunk]"
) -> list[ChunkResult]:
    if isinstance(records, list):
        if not records:
            return []
        chunks = spark.sparkContext.parallelize(records, len(records))
        return list(chunks.mapPartitions(partial(prepare_chunks, task)).collect())
    parts = max(1, math.ceil(records.count() / task.settings.shard_rows))
    # By a hash of the rows, so that classes are mixed and the same rows always meet in the same task.
    mixed = records.repartition(parts, F.xxhash64("file", "key")).sortWithinPartitions("file", "key")
    written = mixed.mapInArrow(partial(_prepare_frame, task, holds), "result binary").collect()
    return [pickle.loads(row.result) for row in written]  # our own tasks' bytes


def _prepare_frame(task: PrepareContext, holds: str, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    form = encoder_for(task.settings)
    context = TaskContext.get()
    windows = task.settings.windows
    records = (
        window_records(batches, len(windows.values))
        if windows
        else frame_records(batches, task.root, holds, form.max_bytes)
    )
    result = ShardWriter(task, form, context.partitionId() if context else 0).run(records)
    yield pa.record_batch([pa.array([pickle.dumps(result)], pa.binary())], ["result"])


def _chunks(spark: SparkSession, task: PrepareContext, fresh: Listing) -> list[Chunk]:
    return list(make_chunks(fresh.files, task.settings, spark.sparkContext.defaultParallelism))


def _frame(
    spark: SparkSession, task: PrepareContext, source: Source, fresh: Listing, holds: str
) -> "DataFrame | list[Chunk]":
    if not fresh.files and source.format != NO_FILES:
        return []
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(ROWS_AT_ONCE))
    if task.settings.windows is not None:
        return read_windows(spark, source, task.settings, fresh.root, fresh.files)
    return read_frame(spark, source, fresh.root, fresh.files, holds)


def _classes(
    spark: SparkSession,
    task: PrepareContext,
    listing: Listing,
    records: "DataFrame | list[Chunk]",
    increment: Increment,
) -> tuple[str, ...]:
    """All class names; those of the version before keep their numbers."""
    if task.settings.task == "regression":
        return ()
    found: Iterable[str] = listing.classes
    if not isinstance(records, list):
        found = _labels_of_rows(records, task.settings)
    elif task.kind == "archive" and records:
        chunks = spark.sparkContext.parallelize(records, len(records))
        found = natural_sort(set[str]().union(*chunks.mapPartitions(partial(list_labels, task)).collect()))
    elif task.settings.task == "multi_label":
        found = natural_sort(_apart(task.settings.label_separator, found))
    known = tuple(task.labels)
    named = dict.fromkeys(task.class_names.get(label, label) for label in found)
    classes = (*known, *(name for name in named if name not in task.labels))
    if not 2 <= len(classes) <= MAX_CLASSES:
        raise DataError(
            f"The source {listing.root} holds {len(classes)} classes; expected from 2 to {MAX_CLASSES:,}. "
            "For labels that are numbers to be predicted, set prepare.task to regression."
        )
    return classes


def _labels_of_rows(records: "DataFrame", settings: Prepare) -> tuple[str, ...]:
    """The different labels of a table's rows; some of them where there are more than there may be."""
    rows = records.select("label").where("label is not null").distinct()
    if settings.task == "multi_label":
        names = rows.rdd.map(itemgetter("label")).mapPartitions(partial(_apart, settings.label_separator))
        return natural_sort(names.distinct().take(MAX_CLASSES + 1))
    return natural_sort(row.label for row in rows.limit(MAX_CLASSES + 1).collect())


def _apart(separator: str, labels: Iterable[str]) -> set[str]:
    """The different names in labels that hold many."""
    return {name for label in labels for name in parse_labels(label, separator)}


def _splits_are_given(task: PrepareContext, source: Source, files: list[RawFile]) -> bool:
    """Whether equal records could stand in different splits."""
    in_column = source.columns is not None and source.columns.split is not None
    in_time = task.settings.windows is not None
    return source.kind == "archive" or in_column or in_time or any(file.split for file in files)


def _tokenized(spark: SparkSession, task: PrepareContext, made: StageOutput, increment: Increment) -> StageOutput:
    staged = [shard for shard in made.account.shards if _is_staged(shard)]
    before = increment.before.contract.tokenizer if increment.before else None
    tokenizer = before or train_tokenizer.train_tokenizer(spark, task, staged)
    final = train_tokenizer.tokenize(spark, task, staged, tokenizer) if staged else []
    others = [shard for shard in made.account.shards if not _is_staged(shard)]
    account = replace(made.account, shards=(*others, *final))
    return replace(made, account=account, columns=train_tokenizer.token_columns(task, tokenizer), tokenizer=tokenizer)


def _is_staged(shard: Shard) -> bool:
    return Path(shard.path).is_relative_to(STAGED)
