"""The Spark stages of a preparation: encode records, deduplicate and split them, encode what needs all of them."""

import logging
import math
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from headrace.config.configuration_model import Source
from headrace.contract import Column
from headrace.features.contract_spec import InputSpec, Statistics
from headrace.features.input_kind_loader import input_module, input_traits
from headrace.prepare.arrow_schema_and_columns import with_target
from headrace.prepare.dedup.conflict_copy_and_identity_warnings import warn_of_conflicts
from headrace.prepare.dedup.dedup_and_split import deduplicate_and_split, needs_global_decisions
from headrace.prepare.encoders.record_encoder_in_preparation_interface import encoder_for
from headrace.prepare.incremental_plan_and_task_context import STAGED, Chunk, PrepareContext
from headrace.prepare.increments.source_changes import Increment
from headrace.prepare.labels.class_discovery import (
    Classes,
    classes_without_records,
    discover_classes,
    require_class_count,
)
from headrace.prepare.labels.most_frequent_target_shape import find_target_column
from headrace.prepare.record_accounting import RecordAccounting, merge_results
from headrace.prepare.rejects.reject_summary import list_refused
from headrace.prepare.sources import Listing, RawFile
from headrace.prepare.sources.series.window_source import read_windows, window_columns, window_records
from headrace.prepare.sources.tables.columns.parquet_orc_type_warnings import report_column_types
from headrace.prepare.sources.tables.columns_of_one_record import source_as_read
from headrace.prepare.sources.tables.read_table_records_in_spark import find_cell_format, frame_records, read_frame
from headrace.prepare.tasks.chunk_result import ChunkResult
from headrace.prepare.tasks.record_encoding_task import ChunkEncoder, prepare_chunks
from headrace.prepare.tasks.task_chunks import make_chunks
from headrace.table.shard_writer import Shard
from headrace.table.version_and_preparation_summary import Period
from headrace.wording import quantity_has, shorten

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class StageOutput:
    """Output of the stages.

    Attributes:
        accounting: of the new records and of the rewritten shards of the previous version.
        results: results of all tasks.
        statistics: per feature of windows; None for other inputs.
        periods: windows whose splits follow from the time: the split of each period.
        input_specs: specification of each input in the contract, where it was fitted on the training split.
        label_statistics: mean and variance of the labels, where they were fitted.
        filled: new rows whose number was missing and became the mean, by column.
    """

    accounting: RecordAccounting
    results: list[ChunkResult]
    columns: dict[str, Column]
    classes: tuple[str, ...]
    statistics: Statistics | None = None
    periods: tuple[Period, ...] = ()
    input_specs: Mapping[str, InputSpec] = field(default_factory=dict)
    label_statistics: Statistics | None = None
    filled: Mapping[str, int] = field(default_factory=dict)

    @property
    def staged(self) -> list[Shard]:
        """Shards of the first stage that are not final."""
        return [shard for shard in self.accounting.shards if _is_staged(shard)]

    def with_final(self, final: Sequence[Shard]) -> "StageOutput":
        """Return the output with `final` in place of the staged shards."""
        others = [shard for shard in self.accounting.shards if not _is_staged(shard)]
        return replace(self, accounting=replace(self.accounting, shards=(*others, *final)))


def _is_staged(shard: Shard) -> bool:
    return Path(shard.path).is_relative_to(STAGED)


class FitOnTrainingSplitInterface(Protocol):
    """The module `fit_on_training_split` of an input kind whose properties say that something is fitted."""

    def fit(
        self, spark: SparkSession, context: PrepareContext, output: StageOutput, increment: Increment
    ) -> StageOutput:
        """Return the output with the results that need all rows, such as a tokenizer, and with final shards."""


def run_stages(
    spark: SparkSession, context: PrepareContext, source: Source, listing: Listing, increment: Increment
) -> StageOutput:
    """Prepare the new and changed files, and drop the records of removed ones.

    Raises:
        DataError: the source is invalid.
    """
    changed = replace(listing, files=increment.changed)
    # Only the first stage needs them; without them, less is sent to the others' tasks.
    context, kept_splits = replace(context, kept_splits=None), context.kept_splits
    source = source_as_read(source, context.settings)
    content = find_cell_format(source, context.root, context.settings.input) if source.columns else ""
    records, periods = (
        _read_records(spark, context, source, changed, content)
        if source.columns
        else (_list_chunks(spark, context, changed), ())
    )
    _report_types(spark, context, source, listing, increment.changed)
    classes = discover_classes(spark, context, listing, changed.files, records)
    context = replace(context, target_column=find_target_column(context, changed.files, records))
    context, results = _encode(spark, replace(context, kept_splits=kept_splits), classes, content, records)
    context = replace(context, kept_splits=None)
    shards = [shard for result in results for shard in result.shards]
    old = increment.before.shards if increment.before else ()
    keeps_splits = any(result.departed_splits for result in results)
    assigns_splits = keeps_splits or source_assigns_splits(context, source, changed.files)
    if needs_global_decisions(context, new=shards, old=old, assigns_splits=assigns_splits, removed=increment.removed):
        if context.settings.duplicates == "drop":
            warn_of_conflicts(context, old, shards, increment.removed)
        results += deduplicate_and_split(spark, context, shards, old, increment.removed)
    accounting = merge_results(results)
    for line in accounting.describe_rejects():
        log.warning("%s", line)
    if increment.before is None and accounting.rejects_too_many(context.settings.max_rejects):
        log_refused(context, accounting)
        # Without them there may be nothing to learn a vocabulary or statistics from, which would only be a consequence.
        accounting.check(context.settings.max_rejects, len(listing.files) if source.kind == "archive" else 0)
    output = StageOutput(
        accounting=accounting,
        results=results,
        columns=with_target(encoder_for(context.settings).columns, context.target_column),
        classes=tuple(context.labels),
        periods=periods,
    )
    if not input_traits(context.settings.input).is_fitted:
        return output
    module: FitOnTrainingSplitInterface = input_module(context.settings.input, "fit_on_training_split")
    fitted = module.fit(spark, context, output, increment)
    return replace(fitted, columns=with_target(fitted.columns, context.target_column))


def log_refused(context: PrepareContext, accounting: RecordAccounting) -> None:
    """List the first rejects of each reason: a refused preparation commits no table that has them."""
    for line in list_refused(context.table, accounting.reject_shards, accounting.rejects):
        log.warning("%s", line)


def _encode(
    spark: SparkSession,
    context: PrepareContext,
    classes: Classes,
    content: str,
    records: "DataFrame | list[Chunk]",
) -> tuple[PrepareContext, list[ChunkResult]]:
    """Run the first stage, and again without the classes that have no usable record."""
    labelled = replace(context, labels={name: number for number, name in enumerate(classes.names)})
    results = _first_stage(spark, labelled, content, records, classes.records)
    empty = classes_without_records(classes, context, results)
    # If too many records are rejected, the check at the end reports the reasons.
    if not empty or merge_results(results).rejects_too_many(context.settings.max_rejects):
        return labelled, results
    log.warning(
        "%s no record that can be used; all records are prepared again without %s: %s.",
        quantity_has(len(empty), "class"), "it" if len(empty) == 1 else "them",
        shorten(list(map(repr, empty))),
    )  # fmt: skip
    names = tuple(name for name in classes.names if name not in empty)
    require_class_count(names, context.root, merge_results(results))
    labelled = replace(context, labels={name: number for number, name in enumerate(names)})
    return labelled, _first_stage(spark, labelled, content, records, classes.records)


def _first_stage(
    spark: SparkSession, context: PrepareContext, content: str, records: "DataFrame | list[Chunk]", rows: int | None
) -> list[ChunkResult]:
    if isinstance(records, list):
        if not records:
            return []
        chunks = spark.sparkContext.parallelize(records, len(records))
        return list(chunks.mapPartitions(partial(prepare_chunks, context)).collect())
    parts = max(1, math.ceil((records.count() if rows is None else rows) / context.settings.shard_rows))
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
        else frame_records(batches, context.root, content, encoder.max_bytes, context.input_column)
    )
    result = ChunkEncoder(context, encoder, spark_task.partitionId() if spark_task else 0).run(records)
    yield pa.record_batch([pa.array([pickle.dumps(result)], pa.binary())], ["result"])


def _list_chunks(spark: SparkSession, context: PrepareContext, changed: Listing) -> list[Chunk]:
    return list(make_chunks(changed.files, context.settings, spark.sparkContext.defaultParallelism))


def _read_records(
    spark: SparkSession, context: PrepareContext, source: Source, changed: Listing, content: str
) -> "tuple[DataFrame | list[Chunk], tuple[Period, ...]]":
    if changed.rows is not None:
        return changed.rows, ()
    if not changed.files and source.has_files:
        return [], context.periods
    if context.settings.windows is not None:
        return read_windows(spark, source, context.settings, changed.root, changed.files, context.periods)
    return read_frame(spark, source, changed.root, changed.files, content, context.settings.task), ()


def _report_types(
    spark: SparkSession, context: PrepareContext, source: Source, listing: Listing, changed: list[RawFile]
) -> None:
    """Report the types of the columns of changed files, beside those of one that has been prepared before."""
    if source.columns is None or listing.rows is not None or not changed:
        return
    windows, paths = context.settings.windows, {file.path for file in changed}
    names = source.columns.names if windows is None else window_columns(source.columns, windows)
    earlier = [file for file in listing.files if file.path not in paths][:1]
    report_column_types(spark, source, context.root, [*earlier, *changed], names, windows=windows is not None)


def source_assigns_splits(context: PrepareContext, source: Source, files: list[RawFile]) -> bool:
    """Return whether the source assigns splits, so that equal records may be in different ones."""
    in_column = source.columns is not None and source.columns.split is not None
    in_time = context.settings.windows is not None
    return source.kind == "archive" or in_column or in_time or any(file.split for file in files)
