"""The Spark stages of a preparation: encode records, make the decisions that need all of them, tokenize."""

import hashlib
import logging
import math
import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from headrace.prepare.encoders.row_encoders import encoder_for
from headrace.prepare.encoders.statistics import window_statistics
from headrace.prepare.incremental import Increment
from headrace.prepare.plan import STAGED, Chunk, PrepareContext
from headrace.prepare.shard_writer import ShardWriter, list_labels, prepare_chunks
from headrace.prepare.sources import Listing, RawFile
from headrace.prepare.sources.base import natural_sort
from headrace.prepare.sources.folder import read_bytes
from headrace.prepare.sources.spark_table import NO_FILES, cell_format, frame_records, read_frame
from headrace.prepare.sources.windows import read_windows, window_records
from headrace.prepare.text import tokenization
from headrace.table.shards import Shard

log = logging.getLogger(__name__)

MAX_CLASSES = 100_000
# Rows that Spark passes to Python at once; they may hold images of a megabyte each.
ROWS_AT_ONCE = 256


@dataclass(frozen=True, kw_only=True)
class StageOutput:
    """Output of the stages.

    Attributes:
        accounting: of the new records and of the rewritten shards of the previous version.
        results: results of all tasks.
        statistics: per feature of windows; None for other inputs.
    """

    accounting: RecordAccounting
    results: list[ChunkResult]
    columns: dict[str, Column]
    classes: tuple[str, ...]
    tokenizer: Tokenizer | None = None
    statistics: Statistics | None = None


def run_stages(
    spark: SparkSession, context: PrepareContext, source: Source, listing: Listing, increment: Increment
) -> StageOutput:
    """Prepare the new and changed files, and drop the records of removed ones.

    Raises:
        DataError: the source is invalid.
    """
    changed = replace(listing, files=increment.changed)
    content = cell_format(source, context.root, context.settings.input) if source.columns else ""
    records = (
        _read_records(spark, context, source, changed, content)
        if source.columns
        else _list_chunks(spark, context, changed)
    )
    classes = _list_classes(spark, context, listing, records, increment)
    context = replace(context, labels={name: number for number, name in enumerate(classes)})
    results = _first_stage(spark, context, content, records)
    shards = [shard for result in results for shard in result.shards]
    old = increment.before.shards if increment.before else ()
    splits_given = _has_given_splits(context, source, changed.files)
    if needs_global_decisions(context, new=shards, old=old, given_splits=splits_given, removed=increment.removed):
        results += make_global_decisions(spark, context, shards, old, increment.removed)
    output = StageOutput(
        accounting=merge_results(results),
        results=results,
        columns=encoder_for(context.settings).columns,
        classes=classes,
    )
    if context.settings.windows is not None:
        shards = [shard for shard in output.accounting.shards if shard.split == "train"]
        return replace(output, statistics=window_statistics(spark, context, shards))
    return _tokenize(spark, context, output, increment) if context.settings.input == "text" else output


def with_content(spark: SparkSession, listing: Listing) -> Listing:
    """Return `listing` with a hash of each file's content instead of its modification time.

    Raises:
        DataError: a file cannot be read.
    """
    paths = sorted({file.path for file in listing.files if file.size >= 0})
    hashes = dict(spark.sparkContext.parallelize(paths).map(partial(_hash_content, listing.root)).collect())
    return replace(listing, files=[file._replace(modified=hashes.get(file.path, 0)) for file in listing.files])


def _hash_content(root: str, path: str) -> tuple[str, int]:
    digest = hashlib.blake2b(read_bytes(root, path), digest_size=8).digest()
    return path, int.from_bytes(digest, "little", signed=True)


def _first_stage(
    spark: SparkSession, context: PrepareContext, content: str, records: "DataFrame | list[Chunk]"
) -> list[ChunkResult]:
    if isinstance(records, list):
        if not records:
            return []
        chunks = spark.sparkContext.parallelize(records, len(records))
        return list(chunks.mapPartitions(partial(prepare_chunks, context)).collect())
    parts = max(1, math.ceil(records.count() / context.settings.shard_rows))
    # Partition by a hash of the rows, so that classes are mixed and equal sources give equal partitions.
    mixed = records.repartition(parts, F.xxhash64("file", "key")).sortWithinPartitions("file", "key")
    written = mixed.mapInArrow(partial(_prepare_frame, context, content), "result binary").collect()
    return [pickle.loads(row.result) for row in written]  # pickled by our own tasks


def _prepare_frame(
    context: PrepareContext, content: str, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    encoder = encoder_for(context.settings)
    spark_task = TaskContext.get()
    windows = context.settings.windows
    records = (
        window_records(batches, len(windows.values))
        if windows
        else frame_records(batches, context.root, content, encoder.max_bytes)
    )
    result = ShardWriter(context, encoder, spark_task.partitionId() if spark_task else 0).run(records)
    yield pa.record_batch([pa.array([pickle.dumps(result)], pa.binary())], ["result"])


def _list_chunks(spark: SparkSession, context: PrepareContext, changed: Listing) -> list[Chunk]:
    return list(make_chunks(changed.files, context.settings, spark.sparkContext.defaultParallelism))


def _read_records(
    spark: SparkSession, context: PrepareContext, source: Source, changed: Listing, content: str
) -> "DataFrame | list[Chunk]":
    if not changed.files and source.format != NO_FILES:
        return []
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(ROWS_AT_ONCE))
    if context.settings.windows is not None:
        return read_windows(spark, source, context.settings, changed.root, changed.files)
    return read_frame(spark, source, changed.root, changed.files, content)


def _list_classes(
    spark: SparkSession,
    context: PrepareContext,
    listing: Listing,
    records: "DataFrame | list[Chunk]",
    increment: Increment,
) -> tuple[str, ...]:
    """Return all class names; those of the previous version keep their indices.

    Raises:
        DataError: there are fewer than 2 or more than `MAX_CLASSES`.
    """
    if context.settings.task == "regression":
        return ()
    labels: Iterable[str] = listing.classes
    if not isinstance(records, list):
        labels = _distinct_labels(records, context.settings)
    elif context.kind == "archive" and records:
        chunks = spark.sparkContext.parallelize(records, len(records))
        labels = natural_sort(set[str]().union(*chunks.mapPartitions(partial(list_labels, context)).collect()))
    elif context.settings.task == "multi_label":
        labels = natural_sort(_split_names(context.settings.label_separator, labels))
    known = tuple(context.labels)
    labels = list(labels)
    # `list_labels` has replaced the labels of archives already.
    if not known and context.kind != "archive":
        _require_class_names(context.class_names, labels, listing.root)
    named = dict.fromkeys(context.class_names.get(label, label) for label in labels)
    classes = (*known, *(name for name in named if name not in context.labels))
    if not 2 <= len(classes) <= MAX_CLASSES:
        raise DataError(
            f"The source {listing.root} holds {len(classes)} classes; expected from 2 to {MAX_CLASSES:,}. "
            "If labels are numbers to predict, set prepare.task to regression."
        )
    return classes


def _require_class_names(class_names: Mapping[str, str], labels: Sequence[str], root: str) -> None:
    """Warn of `class_names` for labels that the source does not have.

    Raises:
        DataError: none of them is a label of the source.
    """
    unknown = [label for label in class_names if label not in labels]
    if not unknown:
        return
    shown = ", ".join(map(repr, labels[:5])) + (", ..." if len(labels) > 5 else "")
    message = f"data.source.class_names has {', '.join(map(repr, unknown[:5]))}, and the labels of {root} are {shown}"
    if len(unknown) == len(class_names):
        raise DataError(f"{message}; expected at least one label of the source.")
    log.warning("%s", message)


def _distinct_labels(records: "DataFrame", settings: Prepare) -> tuple[str, ...]:
    """Return the distinct labels of a table's rows, at most `MAX_CLASSES` + 1."""
    rows = records.select("label").where("label is not null").distinct()
    if settings.task == "multi_label":
        names = rows.rdd.map(itemgetter("label")).mapPartitions(partial(_split_names, settings.label_separator))
        return natural_sort(names.distinct().take(MAX_CLASSES + 1))
    return natural_sort(row.label for row in rows.limit(MAX_CLASSES + 1).collect())


def _split_names(separator: str, labels: Iterable[str]) -> set[str]:
    """Return the distinct class names in multi_label labels."""
    return {name for label in labels for name in parse_labels(label, separator)}


def _has_given_splits(context: PrepareContext, source: Source, files: list[RawFile]) -> bool:
    """Return whether the source assigns splits, so that equal records may be in different ones."""
    in_column = source.columns is not None and source.columns.split is not None
    in_time = context.settings.windows is not None
    return source.kind == "archive" or in_column or in_time or any(file.split for file in files)


def _tokenize(spark: SparkSession, context: PrepareContext, output: StageOutput, increment: Increment) -> StageOutput:
    staged = [shard for shard in output.accounting.shards if _is_staged(shard)]
    before = increment.before.contract.tokenizer if increment.before else None
    tokenizer = before or tokenization.train_tokenizer(spark, context, staged)
    final = tokenization.tokenize(spark, context, staged, tokenizer) if staged else []
    others = [shard for shard in output.accounting.shards if not _is_staged(shard)]
    accounting = replace(output.accounting, shards=(*others, *final))
    return replace(
        output, accounting=accounting, columns=tokenization.token_columns(context, tokenizer), tokenizer=tokenizer
    )


def _is_staged(shard: Shard) -> bool:
    return Path(shard.path).is_relative_to(STAGED)
