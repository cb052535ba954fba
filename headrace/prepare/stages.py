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

from headrace.config.sections import Prepare, Source
from headrace.errors import DataError
from headrace.prepare.account import Account, add_up
from headrace.prepare.chunk_result import ChunkResult
from headrace.prepare.deal import deal
from headrace.prepare.forms import form_of
from headrace.prepare.increment import Increment
from headrace.prepare.labels import labels_of
from headrace.prepare.settle import must_settle, settle
from headrace.prepare.shard_task import Preparation, labels_of_chunks, prepare_chunks
from headrace.prepare.sources import Listing, RawFile
from headrace.prepare.sources.folder import read_bytes
from headrace.prepare.sources.frame import NO_FILES, cell_format, frame_records, read_frame
from headrace.prepare.sources.listing import in_order
from headrace.prepare.sources.windows import read_windows, window_records
from headrace.prepare.task import STAGED, Chunk, Task
from headrace.prepare.text import tokenize
from headrace.prepare.window_statistics import window_statistics
from headrace.schema import Column, Statistics, Tokenizer
from headrace.table.shards import Shard

MOST_CLASSES = 100_000
# Rows that Spark hands to Python at once; images of a megabyte each are among them.
ROWS_AT_ONCE = 256


@dataclass(frozen=True, kw_only=True)
class Made:
    """What the stages have made.

    Attributes:
        account: of the fresh records, and of what was written anew of older shards.
        statistics: of windows.
    """

    account: Account
    results: list[ChunkResult]
    columns: dict[str, Column]
    classes: tuple[str, ...]
    tokenizer: Tokenizer | None = None
    statistics: Statistics | None = None


def run_stages(spark: SparkSession, task: Task, source: Source, listing: Listing, increment: Increment) -> Made:
    """Prepare what is fresh and take out what is gone.

    Raises:
        DataError: the source is refused.
    """
    fresh = replace(listing, files=increment.fresh)
    holds = cell_format(source, task.root, task.settings.input) if source.columns else ""
    records = _frame(spark, task, source, fresh, holds) if source.columns else _chunks(spark, task, fresh)
    classes = _classes(spark, task, listing, records, increment)
    task = replace(task, labels={name: number for number, name in enumerate(classes)})
    results = _first_stage(spark, task, holds, records)
    shards = [shard for result in results for shard in result.shards]
    old = increment.before.shards if increment.before else ()
    given = _splits_are_given(task, source, fresh.files)
    if must_settle(task, fresh=shards, old=old, given_splits=given, gone=increment.gone):
        results += settle(spark, task, shards, old, increment.gone)
    made = Made(account=add_up(results), results=results, columns=form_of(task.settings).columns, classes=classes)
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


def _first_stage(spark: SparkSession, task: Task, holds: str, records: "DataFrame | list[Chunk]") -> list[ChunkResult]:
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


def _prepare_frame(task: Task, holds: str, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    form = form_of(task.settings)
    context = TaskContext.get()
    windows = task.settings.windows
    records = (
        window_records(batches, len(windows.values))
        if windows
        else frame_records(batches, task.root, holds, form.max_bytes)
    )
    result = Preparation(task, form, context.partitionId() if context else 0).run(records)
    yield pa.record_batch([pa.array([pickle.dumps(result)], pa.binary())], ["result"])


def _chunks(spark: SparkSession, task: Task, fresh: Listing) -> list[Chunk]:
    return list(deal(fresh.files, task.settings, spark.sparkContext.defaultParallelism))


def _frame(spark: SparkSession, task: Task, source: Source, fresh: Listing, holds: str) -> "DataFrame | list[Chunk]":
    if not fresh.files and source.format != NO_FILES:
        return []
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(ROWS_AT_ONCE))
    if task.settings.windows is not None:
        return read_windows(spark, source, task.settings, fresh.root, fresh.files)
    return read_frame(spark, source, fresh.root, fresh.files, holds)


def _classes(
    spark: SparkSession, task: Task, listing: Listing, records: "DataFrame | list[Chunk]", increment: Increment
) -> tuple[str, ...]:
    """All class names; those of the version before keep their numbers."""
    if task.settings.task == "regression":
        return ()
    found: Iterable[str] = listing.classes
    if not isinstance(records, list):
        found = _labels_of_rows(records, task.settings)
    elif task.kind == "archive" and records:
        chunks = spark.sparkContext.parallelize(records, len(records))
        found = in_order(set[str]().union(*chunks.mapPartitions(partial(labels_of_chunks, task)).collect()))
    elif task.settings.task == "multi_label":
        found = in_order(_apart(task.settings.label_separator, found))
    known = tuple(task.labels)
    named = dict.fromkeys(task.class_names.get(label, label) for label in found)
    classes = (*known, *(name for name in named if name not in task.labels))
    if not 2 <= len(classes) <= MOST_CLASSES:
        raise DataError(
            f"The source {listing.root} holds {len(classes)} classes; expected from 2 to {MOST_CLASSES:,}. "
            "For labels that are numbers to be predicted, set prepare.task to regression."
        )
    return classes


def _labels_of_rows(records: "DataFrame", settings: Prepare) -> tuple[str, ...]:
    """The different labels of a table's rows; some of them where there are more than there may be."""
    rows = records.select("label").where("label is not null").distinct()
    if settings.task == "multi_label":
        names = rows.rdd.map(itemgetter("label")).mapPartitions(partial(_apart, settings.label_separator))
        return in_order(names.distinct().take(MOST_CLASSES + 1))
    return in_order(row.label for row in rows.limit(MOST_CLASSES + 1).collect())


def _apart(separator: str, labels: Iterable[str]) -> set[str]:
    """The different names in labels that hold many."""
    return {name for label in labels for name in labels_of(label, separator)}


def _splits_are_given(task: Task, source: Source, files: list[RawFile]) -> bool:
    """Whether equal records could stand in different splits."""
    in_column = source.columns is not None and source.columns.split is not None
    in_time = task.settings.windows is not None
    return source.kind == "archive" or in_column or in_time or any(file.split for file in files)


def _tokenized(spark: SparkSession, task: Task, made: Made, increment: Increment) -> Made:
    staged = [shard for shard in made.account.shards if _is_staged(shard)]
    before = increment.before.contract.tokenizer if increment.before else None
    tokenizer = before or tokenize.learn(spark, task, staged)
    final = tokenize.tokenize(spark, task, staged, tokenizer) if staged else []
    others = [shard for shard in made.account.shards if not _is_staged(shard)]
    account = replace(made.account, shards=(*others, *final))
    return replace(made, account=account, columns=tokenize.columns_of(task, tokenizer), tokenizer=tokenizer)


def _is_staged(shard: Shard) -> bool:
    return Path(shard.path).is_relative_to(STAGED)
