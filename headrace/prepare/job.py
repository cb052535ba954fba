"""The preparation: list, detect changes, prepare in parallel, check the accounting, commit one version."""

import logging
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from headrace.config import Configuration
from headrace.config.configuration import Source
from headrace.contract import Contract, WindowSpec
from headrace.errors import ConfigurationError
from headrace.prepare.accounting import RecordAccounting, Stopwatch, merge_with_previous
from headrace.prepare.cleanup import remove_leftovers, remove_orphans
from headrace.prepare.columns import arrow_schema
from headrace.prepare.expectations import check_expectations
from headrace.prepare.incremental import save_listing
from headrace.prepare.plan import PrepareContext, PreparePlan, is_unchanged, make_context, make_plan
from headrace.prepare.side_tables import carry_over, commit_side_table
from headrace.prepare.sources import Listing, list_source
from headrace.prepare.sources.base import escape_path
from headrace.prepare.stages import StageOutput, run_stages, with_content
from headrace.spark.session import session, unwrap_python_errors
from headrace.storage import locate
from headrace.table import Summary, Version, read
from headrace.table.log import FileChanges, commit, open_base
from headrace.table.rejects import read_dropped

log = logging.getLogger(__name__)


def summarize(
    work: PreparePlan, task: PrepareContext, made: StageOutput, account: RecordAccounting, seconds: float
) -> Summary:
    """Of the version that is about to be committed; writes the listing that the next preparation compares with.

    Args:
        seconds: since the preparation began.
    """
    source, sums = work.configuration.data.source, account.sums
    image = task.settings.input == "image"
    contract = Contract(
        columns=made.columns,
        classes=made.classes,
        task=task.settings.task,
        statistics=sums.statistics() if image and sums else made.statistics,
        tokenizer=made.tokenizer,
        windows=_windows(work.configuration),
    )
    return Summary(
        contract=contract,
        rows_in=account.rows_in,
        written=account.written,
        rejected=account.rejected,
        duplicates=account.duplicates,
        counts=account.by_class(contract),
        label_counts=account.by_label(contract),
        rejects=account.rejects,
        rejects_version=None,
        source={"kind": source.kind, "path": source.path, "root": escape_path(task.root)} | _text_column(source, task),
        fingerprint=work.fingerprint,
        settings=task.settings.model_dump(mode="json"),
        seconds=seconds,
        append_key=work.append_key,
        listing=save_listing(work.listing.files, task.table, task.identity),
        sums=None if sums is None else (sums.count, sums.total, sums.squares),
    )


def _windows(configuration: Configuration) -> WindowSpec | None:
    """What a model may rely on of windows; None where records are something else."""
    windows, columns = configuration.prepare.windows, configuration.data.source.columns
    if windows is None or columns is None:
        return None
    return WindowSpec(
        values=windows.values,
        label=columns.label,
        every_seconds=windows.every_seconds,
        horizon=windows.horizon,
        season=windows.season,
    )


def _text_column(source: Source, task: PrepareContext) -> dict[str, str]:
    """The column that holds raw texts, for a model that is to read others like them."""
    columns = source.columns if task.settings.input == "text" else None
    return {"text_column": columns.input} if columns and columns.content != "paths" else {}


def prepare(configuration: Configuration, *, full: bool = False) -> dict[str, Any]:
    """Bring `data.table` up to date with `data.source`; no new version where nothing has changed.

    Args:
        full: prepare everything, also what has not changed; numbers of labels stay.

    Raises:
        ConfigurationError: the table would lie inside the source.
        DataError: the source is missing, empty or refused, something else is where the table should be, or another
            preparation was faster.
    """
    watch = Stopwatch()
    listing = list_source(configuration.data.source)
    log.info("%s files in %s classes listed in %.1f s", len(listing.files), len(listing.classes), watch.seconds)
    table = locate(configuration.data.table).absolute()
    _require_apart(table, configuration.data.source.path)
    base = open_base(table)
    before = None if base.number is None else read(table)
    if configuration.prepare.changes == "content":
        listing = listing_with_content(configuration, listing)
    work = make_plan(configuration, listing, base, before, full=full)
    if before is not None and not full and is_unchanged(work):
        log.info("Nothing has changed since version %s; no new version was made.", before.number)
        return _outcome(before, watch, changed=False)
    return _outcome(_prepare(work, watch), watch, changed=True)


def listing_with_content(configuration: Configuration, listing: Listing) -> Listing:
    """`listing` with a hash of each file's content in the place of its time.

    Raises:
        DataError: a file cannot be read.
    """
    with unwrap_python_errors():
        return with_content(_session(configuration), listing)


def _session(configuration: Configuration) -> SparkSession:
    # Only where this program starts Spark; a session that is there already keeps its own daemon.
    settings = {"spark.python.daemon.module": "headrace.prepare.daemon"} | configuration.spark.settings
    return session("prepare", configuration.spark.model_copy(update={"settings": settings}))


def _require_apart(table: Path, source: str) -> None:
    # A single file, and what is no path at all, holds nothing.
    root = locate(source)
    if table.resolve().is_relative_to(root.resolve()) and root.is_dir():
        raise ConfigurationError(
            f"The table {table} lies inside the source {root.absolute()}, and its files would be taken for "
            "records; name a folder outside the source as data.table."
        )


def _prepare(work: PreparePlan, watch: Stopwatch) -> Version:
    task = make_context(work)
    table = work.base.table
    if work.increment.before is not None:
        gone = len(work.increment.removed.files)
        log.info("%s files are new or changed and %s are gone or changed", len(work.increment.changed), gone)
    with remove_orphans(table, task.identity):
        with remove_orphans(work.duplicates.base.table, task.identity):
            with remove_orphans(work.rejects.base.table, task.identity):
                made, account = _made(work, task)
                summary = summarize(work, task, made, account, watch.seconds)
                earlier = work.before.summary if work.before else None
                check_expectations(summary, earlier, task.settings.expectations)
                rejects_version = commit_side_table(work.rejects, account.reject_shards)
            duplicates_version = commit_side_table(work.duplicates, account.duplicate_shards)
        versions = {"rejects_version": rejects_version, "duplicates_version": duplicates_version}
        summary = summary.model_copy(update=versions | {"seconds": watch.seconds})
        number = _commit(work, made, account, summary)
    remove_leftovers(table, task.identity, keep={shard.path for shard in account.shards} | {str(summary.listing)})
    log.info("Version %s of %s: %s rows in %s shards", number, table, account.written, len(account.shards))
    return read(table, number)


def _made(work: PreparePlan, task: PrepareContext) -> tuple[StageOutput, RecordAccounting]:
    """What the stages have made, and the account of the whole version, checked."""
    source, change = work.configuration.data.source, work.increment
    spark = _session(work.configuration)
    with unwrap_python_errors():
        made = run_stages(spark, task, source, work.listing, change)
    account = made.account
    if change.before is not None:
        rejects = carry_over(work.rejects, change.removed, "reason", task.identity)
        renamed = read_dropped(task.table, account.duplicate_shards) if work.duplicates.shards else {}
        duplicates = carry_over(work.duplicates, change.removed, "kind", task.identity, renamed)
        account = merge_with_previous(change.before, account, rejects, duplicates, made.results)
    archives = len(work.listing.files) if source.kind == "archive" else 0
    account.check(task.settings.max_rejects, archives)
    return made, account


def _commit(work: PreparePlan, made: StageOutput, account: RecordAccounting, summary: Summary) -> int:
    schema, before = arrow_schema(made.columns), work.increment.before
    if before is None:
        return commit(work.base, account.shards, schema, summary.model_dump_json())
    earlier, now = {shard.path for shard in before.shards}, {shard.path for shard in account.shards}
    change = FileChanges(
        added=[shard for shard in account.shards if shard.path not in earlier],
        removed=[shard for shard in before.shards if shard.path not in now],
    )
    return commit(work.base, change, schema, summary.model_dump_json())


def _outcome(version: Version, watch: Stopwatch, *, changed: bool) -> dict[str, Any]:
    summary = version.summary
    return {
        "rows_in": summary.rows_in,
        "written": summary.written,
        "rejected": summary.rejected,
        "duplicates": summary.duplicates,
        "rejects": summary.rejects,
        "version": version.number,
        "changed": changed,
        "table": str(version.table),
        "seconds": watch.seconds,
    }
