"""The files of a raw table: those of a folder, or those of the latest version of a Delta table."""

import logging
import os
from collections import Counter
from pathlib import Path

from headrace.config.sections.source import Source
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.readers import format_from_name
from headrace.prepare.sources.folders.exclude_patterns import not_excluded
from headrace.prepare.sources.folders.folder_source import walk
from headrace.prepare.sources.folders.ignored_files import is_ignored
from headrace.prepare.sources.raw_file_and_record import Listing, to_raw_file
from headrace.prepare.sources.split_names import split_from_path, split_like_names, unclear_split_files
from headrace.prepare.sources.tables.listing.delta_file_listing import list_delta_files
from headrace.prepare.sources.tables.listing.lakehouse_table_refusal import (
    COLUMNAR,
    is_log,
    require_no_arrow_dataset,
    require_no_lakehouse,
    require_other_folder,
)
from headrace.storage import ListedFile, files_below, is_remote, locate, read_entry
from headrace.storage.parse_location import path_hint
from headrace.wording import escape_path, quantity, shorten

log = logging.getLogger(__name__)

JDBC = "jdbc"


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
    if source.format == JDBC:
        return Listing(source.path, [], ())
    path = locate(source.path).absolute()
    if path.is_file():
        if source.format in COLUMNAR:
            require_no_lakehouse(path.parent, ())
        return Listing(str(path.parent), [to_raw_file(read_entry(path), None)], ())
    if not path.is_dir():
        raise DataError(
            f"The source {source.path} does not exist{path_hint(source.path)}; expected a {source.format} file or a "
            "folder of them."
        )
    if source.format == "delta":
        return Listing(str(path), list_delta_files(path, source), ())
    listed = list(files_below(path) if is_remote(path) else walk(path))
    found = [one for one in listed if not is_table_metadata(one.path)]
    require_no_arrow_dataset(path, (one.path for one in listed))
    _warn_of_underscores(listed, source)
    files = _select_format(sorted(found, key=lambda one: one.path), source)
    _refuse_other_tables(path, source, files, [one.path for one in listed])
    if source.format in ("csv", "json"):
        # A file without bytes has no rows, and no header either.
        files = [one for one in files if one.size] or files
    if not files:
        raise DataError(f"The source {source.path} holds no files; expected {source.format} files.")
    splits = _splits(files, source)
    return Listing(str(path), [to_raw_file(one, split) for one, split in zip(files, splits, strict=True)], ())


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
    names = sorted(one.path for one in listed if is_table_metadata(one.path) and not is_ignored(one.path))
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
    if source.columns is None or source.columns.split is not None:
        return [None] * len(files)
    if not named or found == found[:1] * len(found):
        _warn_of_unused_splits(files, source)
        return [None] * len(files)
    if None in found or "train" not in named:
        unnamed = files[found.index(None)].path if None in found else files[0].path
        raise DataError(
            f"Some files of {source.path} are named after splits ({', '.join(sorted(named))}), and others, such as "
            f"{unnamed!r}, are not, or train is missing; name all of them so, set data.source.columns.split to a "
            "column, or data.source.path to one file."
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


def _warn_of_unused_splits(files: list[ListedFile], source: Source) -> None:
    """Warn of names of files or folders that have the words of splits, and are not read as such."""
    names = dict.fromkeys(part for one in files for part in one.path.split(os.sep))
    if found := split_like_names(name for name in names if "=" not in name):
        log.warning(
            "The names %s of %s look like splits, and prepare.splits splits their rows; names that are splits begin "
            "with train, val, test.",
            shorten(list(map(repr, found))), source.path,
        )  # fmt: skip


def is_table_metadata(name: str) -> bool:
    """Return whether a file is metadata of Spark or Hive; folders such as _key=value are partitions."""
    *folders, base = name.split(os.sep)
    return is_ignored(name) or base.startswith("_") or any(one.startswith("_") and "=" not in one for one in folders)
