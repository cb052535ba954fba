"""The preparation: list, see what has changed, prepare that in parallel, check the account, commit one version."""

import logging
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from headrace.config import Configuration
from headrace.errors import ConfigurationError
from headrace.prepare.account import Account, Stopwatch, on_top_of
from headrace.prepare.beside import carry, commit_beside
from headrace.prepare.columns import arrow_schema
from headrace.prepare.expectations import check_expectations
from headrace.prepare.orphans import leftovers_removed, orphans_removed
from headrace.prepare.sources import Listing, list_source
from headrace.prepare.stages import Made, run_stages, with_content
from headrace.prepare.summary import summary_of
from headrace.prepare.task import Task
from headrace.prepare.work import Work, is_unchanged, task_of, work_of
from headrace.spark import python_errors, session
from headrace.storage import locate
from headrace.table import Summary, Version, read
from headrace.table.log import Change, commit, open_base
from headrace.table.rejects import read_dropped

log = logging.getLogger(__name__)


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
    work = work_of(configuration, listing, base, before, full=full)
    if before is not None and not full and is_unchanged(work):
        log.info("Nothing has changed since version %s; no new version was made.", before.number)
        return _outcome(before, watch, changed=False)
    return _outcome(_prepare(work, watch), watch, changed=True)


def listing_with_content(configuration: Configuration, listing: Listing) -> Listing:
    """`listing` with a hash of each file's content in the place of its time.

    Raises:
        DataError: a file cannot be read.
    """
    with python_errors():
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


def _prepare(work: Work, watch: Stopwatch) -> Version:
    task = task_of(work)
    table = work.base.table
    if work.increment.before is not None:
        gone = len(work.increment.gone.files)
        log.info("%s files are new or changed and %s are gone or changed", len(work.increment.fresh), gone)
    with orphans_removed(table, task.identity):
        with orphans_removed(work.duplicates.base.table, task.identity):
            with orphans_removed(work.rejects.base.table, task.identity):
                made, account = _made(work, task)
                summary = summary_of(work, task, made, account, watch.seconds)
                earlier = work.before.summary if work.before else None
                check_expectations(summary, earlier, task.settings.expectations)
                rejects_version = commit_beside(work.rejects, account.reject_shards)
            duplicates_version = commit_beside(work.duplicates, account.duplicate_shards)
        versions = {"rejects_version": rejects_version, "duplicates_version": duplicates_version}
        summary = summary.model_copy(update=versions | {"seconds": watch.seconds})
        number = _commit(work, made, account, summary)
    leftovers_removed(table, task.identity, keep={shard.path for shard in account.shards} | {str(summary.listing)})
    log.info("Version %s of %s: %s rows in %s shards", number, table, account.written, len(account.shards))
    return read(table, number)


def _made(work: Work, task: Task) -> tuple[Made, Account]:
    """What the stages have made, and the account of the whole version, checked."""
    source, change = work.configuration.data.source, work.increment
    spark = _session(work.configuration)
    with python_errors():
        made = run_stages(spark, task, source, work.listing, change)
    account = made.account
    if change.before is not None:
        rejects = carry(work.rejects, change.gone, "reason", task.identity)
        renamed = read_dropped(task.table, account.duplicate_shards) if work.duplicates.shards else {}
        duplicates = carry(work.duplicates, change.gone, "kind", task.identity, renamed)
        account = on_top_of(change.before, account, rejects, duplicates, made.results)
    archives = len(work.listing.files) if source.kind == "archive" else 0
    account.check(task.settings.max_rejects, archives)
    return made, account


def _commit(work: Work, made: Made, account: Account, summary: Summary) -> int:
    schema, before = arrow_schema(made.columns), work.increment.before
    if before is None:
        return commit(work.base, account.shards, schema, summary.model_dump_json())
    earlier, now = {shard.path for shard in before.shards}, {shard.path for shard in account.shards}
    change = Change(
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
