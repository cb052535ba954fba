"""List the files of the latest version of a Delta table, and refuse features that its Parquet files do not show."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from deltalake import DeltaTable

from headrace.config.sections.source import Source
from headrace.errors import DataError
from headrace.prepare.sources.folders.folder_source import walk
from headrace.prepare.sources.raw_file_and_record import RawFile, to_raw_file
from headrace.prepare.sources.tables.listing.partition_folders import folder_values
from headrace.storage import files_below
from headrace.table.open_or_refuse_delta_table import open_delta

# Features of Delta tables that make rows or columns differ from those in the Parquet files.
UNSUPPORTED = {"deletionVectors": "deletion vectors", "columnMapping": "column mapping"}


LOG_FOLDER, CHECKPOINT = "_delta_log", re.compile(r"(\d{20})\.checkpoint\b.*\.(?:parquet|json)$")


def list_delta_files(path: Path, source: Source) -> list[RawFile]:
    """Return the files of the latest version of a Delta table, or of the version that the source's options name.

    Raises:
        DataError: there is no such table, it has no rows, its log or one of its files is incomplete, or its Parquet
            files do not show all of its features.
    """
    table = open_delta(path, source.reader_options.version)
    if table is None:
        raise DataError(f"The source {source.path} is not a Delta table: it has no folder _delta_log.")
    _require_plain(table, source)
    _require_whole_log(path, table.version(), source)
    active = _active_files(table, source)
    files = sorted(to_raw_file(one, None) for one in walk(path) if one.path in active)
    missing = active - {one.path for one in files}
    if missing:
        raise DataError(
            f"The Delta table {source.path} lacks its file {min(missing)!r}; restore it, or run FSCK REPAIR."
        )
    if not files:
        raise DataError(f"The Delta table {source.path} has no rows.")
    return files


def _require_plain(table: DeltaTable, source: Source) -> None:
    # Up to reader version 2 a protocol lists no features, and only the mode shows that columns are mapped.
    mapped = table.metadata().configuration.get("delta.columnMapping.mode", "none") != "none"
    features = {one for one in table.protocol().reader_features or () if one != "columnMapping"}
    found = sorted(UNSUPPORTED[one] for one in UNSUPPORTED if one in features or (one == "columnMapping" and mapped))
    if found:
        raise _unreadable_delta(source, f"uses {found[0]}")


def _require_whole_log(path: Path, version: int, source: Source) -> None:
    """Check that no commit of a version, since its last checkpoint, is a file without bytes.

    `deltalake` takes one for a commit that changes nothing, and not for one that was copied in part.
    """
    entries = {entry.path: entry.size for entry in files_below(path / LOG_FOLDER)}
    checkpoints = {int(found[1]) for name in entries if (found := CHECKPOINT.match(name))}
    first = max((number for number in checkpoints if number <= version), default=-1) + 1
    empty = [name for number in range(first, version + 1) if entries.get(name := f"{number:020d}.json") == 0]
    if empty:
        raise DataError(
            f"The Delta table {source.path} has the commit {LOG_FOLDER}/{empty[0]} without bytes, as after a copy that "
            "was interrupted; copy the table again."
        )


def _active_files(table: DeltaTable, source: Source) -> set[str]:
    """Return the paths of the files of a version.

    Raises:
        DataError: a path is absolute or leads out of the table's folder, as in a shallow clone, or the folders in it do
            not name the values of its partition.
    """
    actions = table.get_add_actions(flatten=True)
    partitions = {name: _column_texts(actions, f"partition.{name}") for name in table.metadata().partition_columns}
    active = set[str]()
    for row, path in enumerate(map(unquote, actions["path"].to_pylist())):
        if path.startswith(("/", "../")) or re.match(r"[A-Za-z][\w+.-]*:", path):
            raise _unreadable_delta(source, f"has files with absolute paths or outside its folder, such as {path!r}")
        named = folder_values(path)
        for name, texts in partitions.items():
            if name not in named or (texts is not None and (named[name] or None) != (texts[row] or None)):
                raise _unreadable_delta(source, f"has the values of {name!r} in its log, and not in names of folders")
        active.add(path)
    return active


def _column_texts(actions: Any, name: str) -> list[str | None] | None:
    """Return the values of a column of text; None if it has another type, or no value."""
    if name not in actions.schema.names:
        return None
    values: list[Any] = actions[name].to_pylist()
    return values if all(isinstance(one, str | None) for one in values) else None


def _unreadable_delta(source: Source, problem: str) -> DataError:
    return DataError(
        f"The Delta table {source.path} {problem}, which Headrace does not read; write its rows to Parquet with Spark, "
        "and give that folder."
    )
