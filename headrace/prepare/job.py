"""The preparation: list, deal, prepare in parallel, check the account, commit one version."""

import logging
import uuid
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from pyspark.sql import SparkSession

from headrace.config import Configuration
from headrace.errors import ConfigurationError
from headrace.prepare.account import Account, Stopwatch, add_up
from headrace.prepare.columns import arrow_schema, image_columns
from headrace.prepare.deal import deal
from headrace.prepare.duplicates import without_duplicates
from headrace.prepare.fingerprint import fingerprint
from headrace.prepare.orphans import orphans_removed
from headrace.prepare.shard_task import Task, prepare_chunks
from headrace.prepare.sources import SOURCES, Listing
from headrace.prepare.sources.listing import printable
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
        ConfigurationError: the table would lie inside the source.
        DataError: the source is missing, empty or refused, something else is where the table should be, or another
            preparation was faster.
    """
    watch = Stopwatch()
    source = configuration.data.source
    listing = SOURCES[source.kind](source.path)
    log.info("%s files in %s classes listed in %.1f s", len(listing.files), len(listing.classes), watch.seconds)
    table = Path(configuration.data.table).absolute()
    _require_apart(table, listing)
    bases = Bases(open_base(table), open_base(rejects_path(table)))
    before = None if bases.table.number is None else read(table)
    mark = fingerprint(listing, configuration.prepare)
    if before is not None and before.summary.fingerprint == mark:
        log.info("Nothing has changed since version %s; no new version was made.", before.number)
        return _outcome(before, watch, changed=False)
    version = _prepare(configuration, listing, bases, before, mark, watch)
    return _outcome(version, watch, changed=True)


def _require_apart(table: Path, listing: Listing) -> None:
    if table.resolve().is_relative_to(Path(listing.root).resolve()):
        raise ConfigurationError(
            f"The table {table} lies inside the source {listing.root}, and its files would be taken for records; "
            "name a folder outside the source as data.table."
        )


class Bases(NamedTuple):
    """The states the preparation starts from: of the table, and of the rejects table beside it."""

    table: Base
    rejects: Base


def _prepare(
    configuration: Configuration, listing: Listing, bases: Bases, before: Version | None, mark: str, watch: Stopwatch
) -> Version:
    classes = _classes(listing, before)
    table = bases.table.table
    task = Task(
        identity=uuid.uuid4().hex[:12],
        root=listing.root,
        table=table,
        labels={name: number for number, name in enumerate(classes)},
        settings=configuration.prepare,
    )
    columns = image_columns(task.settings.image)
    spark = session("prepare", configuration.spark)
    with orphans_removed(table, task.identity):
        with orphans_removed(bases.rejects.table, task.identity):
            account = _run(spark, listing, task, columns["image"].shape[-1])
            account.check(task.settings.max_rejects)
            rejects_version = _commit_rejects(bases.rejects, account)
        contract = Contract(columns=columns, classes=classes, statistics=account.sums.statistics())
        summary = Summary(
            contract=contract,
            rows_in=account.rows_in,
            written=account.written,
            rejected=account.rejected,
            duplicates=account.duplicates,
            counts=account.by_class(classes),
            rejects=account.rejects,
            rejects_version=rejects_version,
            source=configuration.data.source.model_dump() | {"root": printable(listing.root)},
            fingerprint=mark,
            settings=task.settings.model_dump(mode="json"),
            seconds=watch.seconds,
        )
        number = commit(bases.table, account.shards, arrow_schema(columns), summary.model_dump_json())
    log.info("Version %s of %s: %s rows in %s shards", number, table, account.written, len(account.shards))
    return read(table, number)


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


def _commit_rejects(base: Base, account: Account) -> int | None:
    if not account.reject_shards:
        return None
    return commit(base, account.reject_shards, REJECTS_SCHEMA, "{}")


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
