"""Find the splits that rows keep when all of them are prepared again, and report rows that cannot be found."""

import logging
from collections.abc import Sequence
from functools import partial

from pydantic import ValidationError
from pyspark.sql import SparkSession

from headrace.config import Configuration
from headrace.config.configuration_model import Prepare, Source
from headrace.config.secrets_and_environment_variables import withhold_secrets
from headrace.errors import ConfigurationError
from headrace.prepare.incremental_plan_and_task_context import CHECK_ONLY_KEYS, PreparePlan, changed_splits
from headrace.prepare.increments.kept_split_lookup import (
    POSITIONS,
    KeptSplits,
    SplitLookup,
    find_positions,
    join_positions,
    read_contents,
    read_paths,
)
from headrace.prepare.increments.source_changes import list_unchanged
from headrace.prepare.sources.tables.columns_of_one_record import source_as_read
from headrace.prepare.sources.tables.read_table_records_in_spark import find_cell_format, read_keys
from headrace.prepare.tasks.chunk_result import ChunkResult
from headrace.table import Version
from headrace.wording import join_names, quantity

log = logging.getLogger(__name__)

MAX_NAMES = 3


def must_keep_splits(plan: PreparePlan) -> bool:
    """Return whether rows keep the splits of the newest version, as their content alone would give them others."""
    before, settings = plan.before, plan.configuration.prepare
    if before is None or settings.windows is not None or changed_splits(before, settings):
        return False
    # Equal settings give equal content hashes, and these equal splits, unless a version before kept others.
    return _is_from_version_only(before, settings) or before.summary.append_key != plan.append_key


def _is_from_version_only(before: Version, settings: Prepare) -> bool:
    """Return whether the split of a row of `before` is known from that version only, not from the row's content."""
    return before.summary.keeps_splits or settings.splits.method != "hash"


def find_kept_splits(spark: SparkSession, plan: PreparePlan) -> KeptSplits | None:
    """Return the splits of the newest version's rows that must keep them; None if there are none.

    Raises:
        OSError: a shard of that version cannot be read.
    """
    before = plan.before
    if before is None:
        return None
    rows = sum(shard.rows for shard in before.shards)
    edited = _read_identified_rows(plan, before)
    if not must_keep_splits(plan):
        return None if edited is None else KeptSplits(version=before.number, rows=rows, paths=edited)
    contents = read_contents(before) if _is_from_version_only(before, plan.configuration.prepare) else None
    if plan.increment.before is not None:
        # The other rows stay where they are, and changed files have other rows at the same positions.
        return KeptSplits(version=before.number, rows=rows, paths=edited, contents=contents)
    paths = read_paths(before)
    positions = _read_positions(spark, plan, before, paths)
    return KeptSplits(version=before.number, rows=rows, paths=paths, positions=positions, contents=contents)


def _read_identified_rows(plan: PreparePlan, before: Version) -> SplitLookup | None:
    """Return the splits of the rows of changed files by their paths; None unless columns identify the rows.

    A row whose label or number was corrected stays where it was.
    """
    columns, removed = plan.configuration.data.source.columns, plan.increment.removed
    is_identified = columns is not None and columns.identity is not None and plan.configuration.prepare.windows is None
    if plan.increment.before is None or not is_identified or not removed or not plan.increment.changed:
        return None
    return read_paths(before, removed)


def _read_positions(spark: SparkSession, plan: PreparePlan, before: Version, paths: SplitLookup) -> SplitLookup | None:
    """Return the splits by file and position; None if the paths of rows stay, or the files are not known any more.

    The path of a row without an identity is a hash of the columns that were read, so these are read again.
    """
    source = plan.configuration.data.source
    files = list_unchanged(before, plan.listing.files)
    try:
        settings = Prepare.model_validate(before.summary.settings)
        earlier = source_as_read(Source.model_validate(before.summary.data.get("source")), settings)
    except (ValidationError, ConfigurationError):
        return None
    is_positional = all(one.has_files and one.columns and one.columns.identity is None for one in (source, earlier))
    current = source_as_read(source, plan.configuration.prepare)
    same = (earlier.columns, earlier.options, settings.task) == (
        current.columns,
        current.options,
        plan.configuration.prepare.task,
    )
    if not files or same or not is_positional or settings.windows is not None or earlier.format != source.format:
        return None
    cell_format = find_cell_format(earlier, plan.listing.root, settings.input)
    keys = read_keys(spark, earlier, plan.listing.root, files, cell_format, settings.task)
    return join_positions(keys.mapInArrow(partial(find_positions, paths), POSITIONS).collect())


def report_kept_splits(plan: PreparePlan, kept: KeptSplits, results: Sequence[ChunkResult]) -> None:
    """Log how many rows keep their splits, and warn of those that get another one although they may be known."""
    found, new, source_moved = (
        sum(getattr(result, name) for result in results) for name in ("kept_splits", "new_splits", "moved_splits")
    )
    if plan.increment.before is not None or plan.before is None:
        return
    if source_moved:
        log.warning(
            "The source gives %s another split than version %s did: test rows may have become training rows, so do "
            "not compare earlier models on this version.",
            quantity(source_moved, "row"), kept.version,
        )  # fmt: skip
    changes = join_names(_changed_settings(plan.before, plan.configuration), MAX_NAMES)
    because = f", as {changes} changed" if changes else ""
    log.info(
        "All files are prepared again%s; %s the split of version %s.",
        because, f"{quantity(found, 'row')} {'keeps' if found == 1 else 'keep'}", kept.version,
    )  # fmt: skip
    moved = min(kept.rows - found, new)
    # The path of a file stays, so files that were not found are new; unless the folder moved, and none was found.
    if moved <= 0 or (plan.configuration.data.source.kind == "folder" and found):
        return
    log.warning(
        "Up to %s of version %s could not be recognised, and were split again%s: test rows may have become training "
        "rows, so do not compare earlier models on this version. Rows are recognised by data.source.columns.identity, "
        "or by their position in an unchanged file. To keep the splits, prepare changed files with the earlier "
        "settings first; or prepare into another data.table.",
        quantity(moved, "row"), kept.version, because,
    )  # fmt: skip


def _changed_settings(before: Version, configuration: Configuration) -> list[str]:
    """Return the dotted keys of `prepare` and of `data.source` whose values differ from those of `before`."""
    summary, data = before.summary, withhold_secrets(configuration.data.model_dump(mode="json"))
    prepared = _differing_keys(summary.settings, configuration.prepare.model_dump(mode="json"), "prepare")
    read = _differing_keys(summary.data.get("source"), data["source"], "data.source")
    # Excluded files are removed like files that no longer exist, and limits change no row.
    harmless = ("data.source.exclude", *(f"prepare.{name}" for name in CHECK_ONLY_KEYS))
    return [key for key in (*prepared, *read) if not key.startswith(harmless)]


def _differing_keys(old: object, new: object, prefix: str = "") -> list[str]:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return [] if old == new else [prefix]
    return [
        key
        for name in sorted(old.keys() | new.keys())
        for key in _differing_keys(old.get(name), new.get(name), f"{prefix}.{name}" if prefix else name)
    ]
