"""Warn of equal content with different labels, and of repeated identities."""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from headrace.prepare.dedup.driver_duplicate_check import MAX_ROWS
from headrace.prepare.incremental_plan_and_task_context import PrepareContext
from headrace.prepare.increments.removed_file_set import RemovedFiles
from headrace.storage.open_parquet import open_parquet
from headrace.table.shard_writer import Shard
from headrace.wording import quantity

log = logging.getLogger(__name__)

COLUMNS = ("content_hash", "label", "path")
# Bytes of a label on average from which on only its hash is kept.
LONG_LABEL = 256
CANNOT_LEARN = "a model cannot learn both. Correct the labels, or set prepare.duplicates to drop."
KEPT_BY_CHANCE = "one of them is kept, by its split and path and not by its label. Correct the labels."


def conflict_warning(rows: pa.Table, total: int, *, drops: bool = False) -> str | None:
    """Return a warning about records in `rows` with equal content and different labels; None without any.

    Args:
        rows: result of `read_content`.
        total: number of rows in all shards.
        drops: whether equal records are dropped.
    """
    labels = rows.group_by("content_hash").aggregate([("label", "count_distinct")])
    hashes = labels.filter(pc.greater(labels["label_count_distinct"], 1))["content_hash"]
    if not len(hashes):
        return None
    conflicting = rows.filter(pc.is_in(rows["content_hash"], hashes)).sort_by("path")
    equal = conflicting.filter(pc.equal(conflicting["content_hash"], conflicting["content_hash"][0]))
    other = equal.filter(pc.not_equal(equal["label"], equal["label"][0]))
    pair = f"{equal['path'][0].as_py()!r} and {other['path'][0].as_py()!r}"
    read = f"the first {len(rows)}" if len(rows) < total else f"{len(rows)}"
    return f"{len(conflicting)} of {read} records have the content of a record with another label, such as {pair}: " + (
        KEPT_BY_CHANCE if drops else CANNOT_LEARN
    )


def repeated_identity_warning(rows: pa.Table) -> str | None:
    """Return a warning about records of one identity, which is their path; None without any."""
    repeated = len(rows) - pc.count_distinct(rows["path"]).as_py()
    if not repeated:
        return None
    counts = rows.group_by("path").aggregate([("path", "count")])
    example = pc.min(counts.filter(pc.greater(counts["path_count"], 1))["path"]).as_py()
    return (
        f"Repeated identities: {quantity(repeated, 'record')} with that of an earlier one, such as {example!r}. Splits "
        "follow the content, so that records of one identity may be in training and test; name a column whose values "
        "are all different as data.source.columns.identity."
    )


def count_copies(rows: pa.Table) -> int:
    """Return how many of `rows` equal an earlier one, so that `prepare.duplicates: drop` would drop them."""
    return int(len(rows) - pc.count_distinct(rows["content_hash"]).as_py())


def read_content(table: Path, shards: Sequence[Shard]) -> pa.Table:
    """Return content hash, label and path of the rows; beyond `MAX_ROWS` only those of the first shards."""
    tables, rows = list[pa.Table](), 0
    for shard in shards:
        if tables and rows + shard.rows > MAX_ROWS:
            break
        with open_parquet(table / shard.path) as file:
            tables.append(_with_short_labels(file.read(list(COLUMNS))))
        rows += shard.rows
    # The columns have equal types, but the metadata of two versions may differ.
    return pa.concat_tables([one.replace_schema_metadata(None) for one in tables], promote_options="permissive")


def _with_short_labels(rows: pa.Table) -> pa.Table:
    """Return the rows with hashes in place of long labels, such as masks, of which there may be a million."""
    labels = rows["label"]
    if not pa.types.is_binary(labels.type) or labels.nbytes <= LONG_LABEL * len(rows):
        return rows
    hashes = [hashlib.blake2b(label, digest_size=16).digest() for label in labels.to_pylist()]
    return rows.set_column(rows.column_names.index("label"), "label", pa.array(hashes, pa.binary()))


def warn_of_conflicts(
    context: PrepareContext, old: Sequence[Shard], new: Sequence[Shard], removed: RemovedFiles
) -> None:
    """Warn of equal records with different labels, before the equal ones are dropped if `duplicates` is drop.

    Args:
        old: shards of the version before, of which the records of `removed` files leave the table.
        new: shards of the records of new and changed files.
    """
    if not context.settings.target.has_classes or not (old or new):
        return
    read = [read_content(context.table, shards) for shards in (old, new) if shards]
    total = sum(shard.rows for shard in (*old, *new))
    if old and removed:
        stay = read[0].filter(pa.array([path not in removed for path in read[0]["path"].to_pylist()], pa.bool_()))
        total -= len(read[0]) - len(stay)
        read[0] = stay
    _warn_of_conflicts(context, pa.concat_tables(read, promote_options="permissive"), total)


def warn_of_copies(context: PrepareContext, shards: Sequence[Shard], *, has_identity: bool) -> None:
    """Log how many records equal another one, and warn of those with other labels; dropped ones are not counted.

    Args:
        has_identity: whether a column of the source identifies records; warn of values that are there twice.
    """
    stay = context.settings.target.has_classes and context.settings.duplicates != "drop"
    if not (stay or has_identity):
        return
    rows = read_content(context.table, shards)
    repeated = repeated_identity_warning(rows) if has_identity else None
    if repeated is not None:
        log.warning("%s", repeated)
    if stay:
        _warn_of_conflicts(context, rows, sum(shard.rows for shard in shards))
        copies = count_copies(rows)
        if copies:
            log.info("%s of %s records equal another one; prepare.duplicates=drop removes them", copies, len(rows))


def _warn_of_conflicts(context: PrepareContext, rows: pa.Table, total: int) -> None:
    warning = conflict_warning(rows, total, drops=context.settings.duplicates == "drop")
    if warning is not None:
        log.warning("%s", warning)
