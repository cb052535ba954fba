"""The preparation job: list, detect changes, prepare in parallel, check the accounting, commit one version."""

import logging
from dataclasses import replace
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from headrace.config import Configuration
from headrace.features.input_kind_loader import input_traits
from headrace.prepare.arrow_schema_and_columns import arrow_schema
from headrace.prepare.checks_before_spark_starts import (
    require_same_splits,
    require_table_outside_source,
    require_usable_columns,
)
from headrace.prepare.dedup.conflict_copy_and_identity_warnings import warn_of_copies
from headrace.prepare.encode_deduplicate_split_fit import (
    StageOutput,
    log_refused,
    run_stages,
    source_assigns_splits,
)
from headrace.prepare.encoders.number_notation_and_float32_warnings import require_distinct_labels
from headrace.prepare.failed_and_intermediate_file_cleanup import remove_leftovers, remove_orphans
from headrace.prepare.incremental_plan_and_task_context import (
    PrepareContext,
    PreparePlan,
    is_unchanged,
    make_context,
    make_plan,
)
from headrace.prepare.increments.kept_split_search import find_kept_splits, report_kept_splits
from headrace.prepare.labels.class_changes import compare_classes, report_classes
from headrace.prepare.labels.small_class_and_mixed_label_type_warnings import small_class_warning
from headrace.prepare.quality.expectations import check_committed_version, check_expectations
from headrace.prepare.quality.split_warnings import (
    empty_period_warning,
    small_split_warning,
    unlearned_class_warning,
    unlearned_item_warning,
    unmeasured_class_warning,
)
from headrace.prepare.record_accounting import RecordAccounting, merge_with_previous
from headrace.prepare.rejects.carry_over_and_commit_side_tables import carry_over, commit_side_table
from headrace.prepare.sources import Listing, list_source
from headrace.prepare.sources.content_fingerprints import with_content, with_named_files
from headrace.prepare.sources.tables.callers_dataframe_as_source import SMALL_BATCHES, dataframe_listing
from headrace.prepare.stage_stopwatch import Stopwatch
from headrace.prepare.version_summary import summarize
from headrace.processes.interruption import interruption_detail
from headrace.spark.session import session
from headrace.spark.task_errors import unwrap_python_errors
from headrace.spark.temporary_session_changes import temporary_settings
from headrace.storage import locate
from headrace.table import Summary, Version, read
from headrace.table.rejects_and_duplicates_reader import read_dropped
from headrace.table.transaction_log import FileChanges, commit, open_base
from headrace.targets.regression.label_warnings import number_warnings
from headrace.targets.target_kind_traits import TargetKindTraits
from headrace.wording import quantity

log = logging.getLogger(__name__)


def _describe_interruption() -> str:
    return "nothing was committed; the same command prepares again"


def prepare(configuration: Configuration, *, full: bool = False, frame: DataFrame | None = None) -> dict[str, Any]:
    """Bring `data.table` up to date with `data.source`; commit no new version if nothing has changed.

    Args:
        full: prepare everything, even unchanged files, and determine the classes again: one without a record is
            removed. A change of splits needs it.
        frame: the rows of the source of format dataframe.

    Raises:
        ConfigurationError: the table lies inside the source, or was split with other settings.
        DataError: the source is missing, empty or invalid, something other than a table is at the table's path, or
            another preparation committed first.
    """
    stopwatch = Stopwatch()
    source, settings = configuration.data.source, configuration.prepare
    if frame is not None:
        with dataframe_listing(frame, source, settings) as listing:
            return _prepare_listed(configuration, listing, stopwatch, full=full)
    with interruption_detail(_describe_interruption):
        listing = list_source(source, settings.task, texts=input_traits(settings.input).is_text)
    log.info("%s listed in %.1f s", _count_listing(listing, configuration.prepare.target), stopwatch.seconds)
    if not settings.weights and any(file.weight for file in listing.files):
        log.warning(
            "The column weight of %s is not read, as prepare.weights is false; set it to true if its numbers are "
            "sample weights, or rename the column.",
            source.labels,
        )
    return _prepare_listed(configuration, listing, stopwatch, full=full)


def _prepare_listed(
    configuration: Configuration, listing: Listing, stopwatch: Stopwatch, *, full: bool
) -> dict[str, Any]:
    table = locate(configuration.data.table).absolute()
    if configuration.data.source.has_files:
        require_table_outside_source(table, configuration.data.source.path)
    base = open_base(table)
    before = None if base.number is None else read(table)
    if before is not None:
        require_same_splits(before, configuration, full=full)
    else:
        require_usable_columns(configuration, listing, listing.files)
    listing = watched_listing(configuration, listing)
    plan = make_plan(configuration, listing, base, before, full=full)
    if before is not None and not full and is_unchanged(plan):
        check_committed_version(before, configuration.prepare)
        log.info("Nothing has changed since version %s; no new version was committed.", before.number)
        return _build_result(before, plan, stopwatch, changed=False)
    return _build_result(_prepare(plan, stopwatch), plan, stopwatch, changed=True)


def _count_listing(listing: Listing, target: TargetKindTraits) -> str:
    """Return the number of files, and of classes if the source lists them and a label is one class."""
    files, classes = len(listing.files), len(listing.classes)
    text = quantity(files, "file")
    return f"{text} in {quantity(classes, target.class_noun)}" if classes and target.has_one_class else text


@interruption_detail(_describe_interruption)
def watched_listing(configuration: Configuration, listing: Listing) -> Listing:
    """Return `listing` with what reveals changes in addition to the time of each file.

    With `prepare.changes: content` that is a hash of each file's content instead of its time; for a table of paths the
    files that its rows name count as part of the table's file.

    Raises:
        DataError: a file cannot be read.
    """
    source, by_content = configuration.data.source, configuration.prepare.changes == "content"
    if not source.has_files:
        return listing
    named = configuration.prepare.path_cells
    if source.columns is not None and source.columns.content == "paths" and not configuration.prepare.cells:
        named = (source.columns.input,)
    if source.columns is not None and configuration.prepare.target.is_per_pixel:
        named = (*named, source.columns.label)
    if by_content:
        with unwrap_python_errors():
            of_labels = configuration.prepare.target.is_per_pixel and source.columns is None
            listing = with_content(_session(configuration), listing, of_labels=of_labels)
    if named and source.kind == "table":
        with unwrap_python_errors():
            listing = with_named_files(_session(configuration), source, named, listing, by_content=by_content)
    return listing


def _session(configuration: Configuration) -> SparkSession:
    # Takes effect only if this program starts Spark; an existing session keeps its own daemon.
    settings = {"spark.python.daemon.module": "headrace.prepare.tasks.preloaded_daemon"} | configuration.spark.settings
    return session("prepare", configuration.spark.model_copy(update={"settings": settings}))


def _prepare(plan: PreparePlan, stopwatch: Stopwatch) -> Version:
    context = make_context(plan)
    table = plan.base.table
    require_usable_columns(plan.configuration, plan.listing, plan.increment.changed)
    if plan.increment.before is not None:
        changed, removed = len(plan.increment.changed), len(plan.increment.removed.files)
        dropped = f"; the records of {quantity(removed, 'removed or changed file')} are dropped" if removed else ""
        log.info("%s%s", quantity(changed, "new or changed file"), dropped)
    with remove_orphans(table, context.identity):
        with remove_orphans(plan.duplicates.base.table, context.identity):
            with remove_orphans(plan.rejects.base.table, context.identity):
                output, accounting = _run(plan, context)
                summary = summarize(plan, context, output, accounting, stopwatch.seconds)
                earlier = plan.before.summary if plan.before else None
                _warn_of_splits(plan, context, summary)
                check_expectations(summary, earlier, context.settings.expectations)
                rejects_version = commit_side_table(plan.rejects, accounting.reject_shards)
            duplicates_version = commit_side_table(plan.duplicates, accounting.duplicate_shards)
        versions = {"rejects_version": rejects_version, "duplicates_version": duplicates_version}
        summary = summary.model_copy(update=versions | {"seconds": stopwatch.seconds})
        number = _commit(plan, output, accounting, summary)
    remove_leftovers(table, context.identity, keep={shard.path for shard in accounting.shards} | {str(summary.listing)})
    duplicates = f"; {quantity(accounting.duplicates, 'duplicate')} dropped" if accounting.duplicates else ""
    log.info(
        "Version %s of %s: %s in %s%s",
        *(number, table, quantity(accounting.written, "row"), quantity(len(accounting.shards), "shard"), duplicates),
    )
    if summary.filled_text:
        log.info("Missing numbers became the mean of the training split, rows by column: %s", summary.filled_text)
    if accounting.rejected:
        log.info("`headrace inspect %s --rejects` lists %s", table, quantity(accounting.rejected, "rejected record"))
    return read(table, number)


@interruption_detail(_describe_interruption)
def _run(plan: PreparePlan, context: PrepareContext) -> tuple[StageOutput, RecordAccounting]:
    """Return the output of the stages and the checked accounting of the whole version."""
    source, increment = plan.configuration.data.source, plan.increment
    spark = _session(plan.configuration)
    with unwrap_python_errors(), temporary_settings(spark, SMALL_BATCHES):
        kept_splits = find_kept_splits(spark, plan)
        output = run_stages(spark, replace(context, kept_splits=kept_splits), source, plan.listing, increment)
    accounting = output.accounting
    if kept_splits is not None:
        report_kept_splits(plan, kept_splits, output.results)
    for warning in accounting.observations.warnings(context.settings.image.white):
        log.warning("%s", warning)
    require_distinct_labels(accounting.number_labels)
    for warning in number_warnings(accounting.number_labels, is_first=increment.before is None):
        log.warning("%s", warning)
    if increment.before is not None:
        rejects = carry_over(plan.rejects, increment.removed, "reason", context.identity)
        renames = read_dropped(context.table, accounting.duplicate_shards) if plan.duplicates.shards else {}
        duplicates = carry_over(plan.duplicates, increment.removed, "kind", context.identity, renames)
        accounting = merge_with_previous(increment.before, accounting, rejects, duplicates, output.results)
        if accounting.rejects_too_many(context.settings.max_rejects):
            log_refused(context, output.accounting)
    archives = len(plan.listing.files) if source.kind == "archive" else 0
    accounting.check(context.settings.max_rejects, archives)
    has_identity = source.columns is not None and source.columns.identity is not None
    warn_of_copies(context, accounting.shards, has_identity=has_identity)
    return output, accounting


def _warn_of_splits(plan: PreparePlan, context: PrepareContext, summary: Summary) -> None:
    splits, source = context.settings.splits, plan.configuration.data.source
    by_hash = splits.method == "hash" and not source_assigns_splits(context, source, plan.listing.files)
    classes, counts = summary.contract.classes, summary.label_counts or summary.counts
    warnings = [empty_period_warning(summary.counts, splits, summary.periods)]
    if context.settings.target.has_items:
        warnings.append(unlearned_item_warning(counts, classes))
        warnings += [small_split_warning(summary.counts, splits)] if by_hash else []
    elif not by_hash:
        warnings += [unlearned_class_warning(counts, classes), unmeasured_class_warning(counts, classes)]
    elif context.settings.target.has_one_class:
        warnings.append(small_class_warning(counts, classes, splits))
    else:
        warnings.append(small_split_warning(summary.counts, splits))
    for warning in warnings:
        if warning is not None:
            log.warning("%s", warning)


def _commit(plan: PreparePlan, output: StageOutput, accounting: RecordAccounting, summary: Summary) -> int:
    schema, before = arrow_schema(output.columns), plan.increment.before
    if before is None:
        return commit(plan.base, accounting.shards, schema, summary.model_dump_json())
    earlier, current = {shard.path for shard in before.shards}, {shard.path for shard in accounting.shards}
    changes = FileChanges(
        added=[shard for shard in accounting.shards if shard.path not in earlier],
        removed=[shard for shard in before.shards if shard.path not in current],
    )
    return commit(plan.base, changes, schema, summary.model_dump_json())


def _build_result(version: Version, plan: PreparePlan, stopwatch: Stopwatch, *, changed: bool) -> dict[str, Any]:
    summary = version.summary
    classes = compare_classes(plan.before.contract if plan.before else None, summary)
    report_classes(classes, full=plan.full)
    return {
        "rows_in": summary.rows_in,
        "written": summary.written,
        "rejected": summary.rejected,
        "duplicates": summary.duplicates,
        "rejects": summary.rejects,
        "filled": summary.filled,
        "classes": classes.as_json() if classes else {},
        "version": version.number,
        "content_id": version.content_id,
        "changed": changed,
        "table": str(version.table.absolute()),
        "seconds": stopwatch.seconds,
    }
