"""The preparation: list, deal, prepare in parallel, check the account, commit one version."""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from headrace.config import Configuration
from headrace.prepare.account import Account, Stopwatch, add_up
from headrace.prepare.columns import arrow_schema, image_columns
from headrace.prepare.deal import deal
from headrace.prepare.duplicates import without_duplicates
from headrace.prepare.fingerprint import fingerprint
from headrace.prepare.shard_task import Task, prepare_chunks
from headrace.prepare.sources import SOURCES, Listing
from headrace.schema import Contract
from headrace.spark import python_errors, session
from headrace.table import Summary, Version, read
from headrace.table.log import Base, commit, open_base
from headrace.table.rejects import SCHEMA as REJECTS_SCHEMA
from headrace.table.rejects import rejects_path

log = logging.getLogger(__name__)


def prepare(configuration: Configuration) -> dict[str, Any]:
    """Bring `data.table` up to date with `data.source`; no new version where nothing has changed.

    Raises:
        DataError: the source is missing, empty or refused, or another preparation was faster.
    """
    watch = Stopwatch()
    source = configuration.data.source
    listing = SOURCES[source.kind](source.path)
    log.info("%s files in %s classes listed in %.1f s", len(listing.files), len(listing.classes), watch.seconds)
    base = open_base(Path(configuration.data.table).absolute())
    before = None if base.number is None else read(base.table, base.number)
    mark = fingerprint(listing, configuration.prepare)
    if before is not None and before.summary.fingerprint == mark:
        log.info("Nothing has changed since version %s; no new version was made.", before.number)
        return _outcome(before, watch, changed=False)
    version = _prepare(configuration, listing, base, before, mark, watch)
    return _outcome(version, watch, changed=True)


def _prepare(
    configuration: Configuration, listing: Listing, base: Base, before: Version | None, mark: str, watch: Stopwatch
) -> Version:
    classes = _classes(listing, before)
    labels = {name: number for number, name in enumerate(classes)}
    task = Task(
        identity=uuid.uuid4().hex[:12],
        root=listing.root,
        table=base.table,
        labels=labels,
        settings=configuration.prepare,
    )
    columns = image_columns(task.settings.image)
    with _orphans_removed(task):
        account = _run(session("prepare", configuration.spark), listing, task, columns["image"].shape[-1])
        account.check(task.settings.max_rejects)
        contract = Contract(columns=columns, classes=classes, statistics=account.sums.statistics())
        summary = Summary(
            contract=contract,
            rows_in=account.rows_in,
            written=account.written,
            rejected=account.rejected,
            duplicates=account.duplicates,
            counts=account.by_class(classes),
            rejects=account.rejects,
            rejects_version=_commit_rejects(base.table, account),
            source=configuration.data.source.model_dump() | {"root": listing.root},
            fingerprint=mark,
            settings=task.settings.model_dump(mode="json"),
            seconds=watch.seconds,
        )
        schema = arrow_schema(columns)
        number = commit(base, account.shards, schema, summary.model_dump_json())
    log.info("Version %s of %s: %s rows in %s shards", number, base.table, account.written, len(account.shards))
    return read(base.table, number)


def _run(spark: SparkSession, listing: Listing, task: Task, channels: int) -> Account:
    dealt = list(deal(listing.files, task.settings))
    chunks = spark.sparkContext.parallelize(dealt, len(dealt))
    with python_errors():
        if task.settings.duplicates == "drop":
            chunks = without_duplicates(spark, chunks, task)
        results = chunks.mapPartitions(partial(prepare_chunks, task)).collect()
    return add_up(len(listing.files), results, channels)


def _classes(listing: Listing, before: Version | None) -> tuple[str, ...]:
    """All class names; those of the version before keep their numbers."""
    known = before.contract.classes if before else ()
    return (*known, *(name for name in listing.classes if name not in known))


def _commit_rejects(table: Path, account: Account) -> int | None:
    if not account.reject_shards:
        return None
    return commit(open_base(rejects_path(table)), account.reject_shards, REJECTS_SCHEMA, "{}")


@contextmanager
def _orphans_removed(task: Task) -> Iterator[None]:
    """Where the preparation fails, remove what its tasks have written; their names begin with its identity."""
    try:
        yield
    except BaseException:
        for folder in (task.table, rejects_path(task.table)):
            for orphan in folder.rglob(f"*{task.identity}-*"):
                orphan.unlink(missing_ok=True)
        raise


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
