"""The files of a raw table: those of a folder, or those of the latest version of a Delta table."""

import logging
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from deltalake import DeltaTable

from headrace.config.sections.source import Source
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.readers import format_from_name
from headrace.prepare.sources.folders.exclude_patterns import not_excluded
from headrace.prepare.sources.folders.folder_source import walk
from headrace.prepare.sources.folders.ignored_files import is_ignored
from headrace.prepare.sources.raw_record_types import Listing, RawFile, escape_path, shorten
from headrace.prepare.sources.split_names import split_from_path, unclear_split_files
from headrace.prepare.sources.tables.lakehouse_tables import (
    COLUMNAR,
    is_log,
    require_no_lakehouse,
    require_other_folder,
)
from headrace.storage import ListedFile, files_below, is_remote, locate, read_entry
from headrace.storage.location import looked_for
from headrace.table.delta_access import open_delta
from headrace.wording import quantity

log = logging.getLogger(__name__)

NO_FILES = "jdbc"
# Features of Delta tables that make rows or columns differ from those in the Parquet files.
UNSUPPORTED = {"deletionVectors": "deletion vectors", "columnMapping": "column mapping"}
LOG_FOLDER, CHECKPOINT = "_delta_log", re.compile(r"(\d{20})\.checkpoint\b.*\.(?:parquet|json)$")
# What Hive and Spark call the folder of rows without a value.
NULL_FOLDER = "__HIVE_DEFAULT_PARTITION__"


def list_table(source: Source) -> Listing:
    """Return the files of a table, which reveal changes; none for JDBC, whose tables always count as changed.

    Raises:
        DataError: there are none, or the folder holds a table of another format.
    """
    if source.is_dataframe:
        raise ConfigurationError(
            "The configuration prepares the rows of a DataFrame, which is not known here; call "
            "headrace.prepare(frame, table, ...) with it."
        )
    if source.format == NO_FILES:
        return Listing(source.path, [], ())
    path = locate(source.path).absolute()
    if path.is_file():
        if source.format in COLUMNAR:
            require_no_lakehouse(path.parent, ())
        return Listing(str(path.parent), [_file(read_entry(path), None)], ())
    if not path.is_dir():
        raise DataError(
            f"The source {source.path} does not exist{looked_for(source.path)}; expected a {source.format} file or a "
            "folder of them."
        )
    if source.format == "delta":
        return Listing(str(path), _delta_files(path, source), ())
    listed = list(files_below(path) if is_remote(path) else walk(path))
    found = [one for one in listed if not is_note(one.path)]
    _warn_of_underscores(listed, source)
    files = _select_format(sorted(found, key=lambda one: one.path), source)
    _refuse_other_tables(path, source, files, [one.path for one in listed])
    if source.format in ("csv", "json"):
        # A file without bytes has no rows, and no header either.
        files = [one for one in files if one.size] or files
    if not files:
        raise DataError(f"The source {source.path} holds no files; expected {source.format} files.")
    splits = _splits(files, source)
    return Listing(str(path), [_file(one, split) for one, split in zip(files, splits, strict=True)], ())


def folder_values(path: str) -> dict[str, str | None]:
    """Return the columns of a partitioned table that are part of folder names, as text: class=01 stays 01."""
    pairs = (folder.partition("=") for folder in path.split("/")[:-1] if "=" in folder)
    return {unquote(name): None if value == NULL_FOLDER else unquote(value) for name, _, value in pairs}


def _delta_files(path: Path, source: Source) -> list[RawFile]:
    table = open_delta(path, source.reader_options.version)
    if table is None:
        raise DataError(f"The source {source.path} is not a Delta table: it has no folder _delta_log.")
    _require_plain(table, source)
    _require_whole_log(path, table.version(), source)
    active = _active_files(table, source)
    files = sorted(_file(one, None) for one in walk(path) if one.path in active)
    gone = active - {one.path for one in files}
    if gone:
        raise DataError(f"The Delta table {source.path} lacks its file {min(gone)!r}; restore it, or run FSCK REPAIR.")
    if not files:
        raise DataError(f"The Delta table {source.path} has no rows.")
    return files


def _require_plain(table: DeltaTable, source: Source) -> None:
    # Up to reader version 2 a protocol lists no features, and the mode alone tells that columns are mapped.
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


def _refuse_other_tables(path: Path, source: Source, files: list[ListedFile], names: list[str]) -> None:
    """Raise if the files that are used are those of a Delta, Iceberg or Hudi table."""
    if source.format not in COLUMNAR:
        require_other_folder(path)
        return
    used = filter(not_excluded(source.exclude), (one.path for one in files))
    require_no_lakehouse(path, used, names if is_remote(path) else None)


def _select_format(files: list[ListedFile], source: Source) -> list[ListedFile]:
    """Return the files whose names indicate the format; all files if no name does."""
    fitting = [one for one in files if format_from_name(one.path) == source.format]
    if not fitting:
        return files
    others = [one.path for one in files if format_from_name(one.path) != source.format]
    if others:
        log.warning(
            "Not read: %s of %s with another name than %s files have: %s",
            *(quantity(len(others), "file"), source.path, source.format, shorten(others)),
        )
    return fitting


def _warn_of_underscores(listed: list[ListedFile], source: Source) -> None:
    """Warn of files that are left out by their underscore, and would be read without it."""
    names = sorted(one.path for one in listed if is_note(one.path) and not is_ignored(one.path))
    left_out = [name for name in names if format_from_name(name) == source.format and not is_log(name)]
    if left_out:
        log.warning(
            "Not read: %s of %s with names, or in folders with names, that begin with an underscore, as those of notes "
            "of Spark and Hive do: %s; rename what is data.",
            quantity(len(left_out), "file"), source.path, shorten(list(map(escape_path, left_out))),
        )  # fmt: skip


def _splits(files: list[ListedFile], source: Source) -> list[str | None]:
    """Return the split of each file if the names of all of them begin with one, or their folders are named so."""
    found = [split_from_path(one.path) for one in files]
    named = {split for split in found if split is not None}
    if source.columns is None or source.columns.split is not None or not named or found == found[:1] * len(found):
        return [None] * len(files)
    if None in found or "train" not in named:
        odd = files[found.index(None)].path if None in found else files[0].path
        raise DataError(
            f"Some files of {source.path} are named after splits ({', '.join(sorted(named))}), and others, such as "
            f"{odd!r}, are not, or train is missing; name all of them so, set data.source.columns.split to a column, "
            "or data.source.path to one file."
        )
    counts = Counter(found)
    log.info(
        "The names of the files determine the splits: %s", ", ".join(f"{counts[one]} {one}" for one in sorted(named))
    )
    unclear = [f"{path!r} as {split_from_path(path)}" for path in unclear_split_files(one.path for one in files)]
    if unclear:
        log.warning(
            "Files of %s are used as splits, as their names begin with one: %s; if that is by chance, rename them, or "
            "set data.source.columns.split to a column.",
            source.path, shorten(unclear),
        )  # fmt: skip
    return found


def _file(found: ListedFile, split: str | None) -> RawFile:
    return RawFile(found.path, None, split, found.size, found.change_tag)


def is_note(name: str) -> bool:
    """Return whether a file is metadata of Spark or Hive; folders such as _key=value are partitions."""
    *folders, base = name.split(os.sep)
    return is_ignored(name) or base.startswith("_") or any(one.startswith("_") and "=" not in one for one in folders)
