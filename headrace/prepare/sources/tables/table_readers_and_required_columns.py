"""Open the files of a raw table, and require the columns that a configuration names."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from pyspark.sql import SparkSession

from headrace.config.base_section import strip_backticks
from headrace.config.sections.source import Source
from headrace.errors import ConfigurationError
from headrace.prepare.readers import TableReader, open_reader
from headrace.prepare.readers.row_types_and_errors import MissingColumnError
from headrace.prepare.sources.raw_file_and_record import RawFile
from headrace.prepare.sources.tables.listing.partition_folders import folder_values
from headrace.storage import locate

log = logging.getLogger(__name__)

T = TypeVar("T")
MAX_TASKS = 10_000


def open_first(source: Source, root: str, files: list[RawFile], names: list[str]) -> TableReader:
    """Return the reader of the first file with records, which reports a missing column before any task starts.

    Raises:
        ConfigurationError: a column is missing.
        DataError: the file cannot be read.
    """
    return _require_in_first(source, root, files, names)[1]


def warn_of_folder_columns(source: Source, root: str, files: list[RawFile]) -> None:
    """Log the columns of the first file with records that the names of its folders replace."""
    path, reader = _require_in_first(source, root, files, [])
    for name in sorted(folder_values(path).keys() & set(reader.columns)):
        log.warning(
            "The files of %s have a column %r and lie in folders %s=...; the values of the folders are used.",
            source.path, name, name,
        )  # fmt: skip


def require_columns(source: Source, root: str, files: list[RawFile], names: Iterable[str]) -> None:
    """Require that the first file with records, or the names of its folders, have the columns `names`.

    Raises:
        MissingColumnError: a column is missing.
        DataError: the file cannot be read.
    """
    if files:
        _require_in_first(source, root, files, columns_in_file(files[0].path, names))


def _require_in_first(source: Source, root: str, files: list[RawFile], names: list[str]) -> tuple[str, TableReader]:
    try:
        return _first_with_records(source, root, files, names)
    except MissingColumnError as error:
        columns = (*error.columns, *folder_values(files[0].path))
        raise MissingColumnError(error.name, source.path, columns, error.cause) from None


def _first_with_records(source: Source, root: str, files: list[RawFile], names: list[str]) -> tuple[str, TableReader]:
    """Return the path and the reader of the first file with records; of the last file if there is none.

    Of a Delta table it is the first file with all columns, as those that were added later are missing in older files.

    Raises:
        MissingColumnError: a column is missing.
    """
    for path in (one.path for one in files[:-1]):
        try:
            return path, open_reader(locate(root) / path, path, source.format, names, source.reader_options)
        except MissingColumnError as error:
            if not _has_no_records(error, source) and source.format != "delta":
                raise
    path = files[-1].path
    return path, open_reader(locate(root) / path, path, source.format, names, source.reader_options)


def _has_no_records(error: MissingColumnError, source: Source) -> bool:
    """Return whether a file of CSV has no header to miss a column in: it is empty or has only blank lines."""
    return source.format == "csv" and not error.columns


def open_file(source: Source, root: str, path: str, names: list[str]) -> TableReader | None:
    """Return the reader of a file; None if the file has no records.

    Raises:
        ConfigurationError: the file lacks a column.
        DataError: the file cannot be read.
    """
    try:
        return open_reader(locate(root) / path, path, source.format, names, source.reader_options)
    except MissingColumnError as error:
        if _has_no_records(error, source):
            return None
        if source.format == "delta":
            # A cell of a column that was added later is empty; `open_first` has found the column in another file.
            return open_file(source, root, path, [name for name in names if name != error.name])
        # Errors of tasks reach the driver by the names of the classes in headrace.errors.
        raise ConfigurationError(str(error)) from None


def columns_in_file(path: str, names: Iterable[str]) -> list[str]:
    """Return the columns of `names` that the file holds, and not the names of its folders."""
    folders = folder_values(path)
    return [name for name in dict.fromkeys(names) if strip_backticks(name) not in folders]


def map_files(spark: SparkSession, function: Callable[[str], T], files: list[RawFile]) -> list[T]:
    """Return what `function` finds in each file, by its path, in the same order; Spark reads them if there are several.

    One file is read here, as it takes less time than to ask Spark to.
    """
    paths = [file.path for file in files]
    if len(paths) == 1:
        return [function(paths[0])]
    found: list[T] = spark.sparkContext.parallelize(paths, min(len(paths), MAX_TASKS)).map(function).collect()
    return found
