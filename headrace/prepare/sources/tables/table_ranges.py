"""Divide the files of a table into ranges of rows, one for each Spark task, and read them."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TypeVar

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from headrace.config.sections.source import Source
from headrace.config.unquote_identifier import strip_backticks
from headrace.errors import ConfigurationError
from headrace.prepare.readers import Row, RowRange, TableReader, open_reader
from headrace.prepare.readers.csv_comment_and_footer_warnings import CsvDiagnostics, diagnose_csv, log_findings
from headrace.prepare.readers.json_diagnostics import JsonDiagnostics, absent_key_warnings, diagnose_json
from headrace.prepare.readers.source_row import MissingColumnError
from headrace.prepare.sources.raw_record_types import RawFile, escape_path
from headrace.prepare.sources.tables.table_files import folder_values
from headrace.storage import locate

log = logging.getLogger(__name__)

T = TypeVar("T")

# Larger files are read by several tasks, if their format allows it.
RANGE_BYTES = 64 * 2**20
MAX_TASKS = 10_000
# A path is bytes, as a file name need not be UTF-8.
RANGE_SCHEMA = "path binary, begin long, size long, number long, split string"


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


def list_ranges(
    spark: SparkSession, source: Source, root: str, files: list[RawFile], names: Iterable[str]
) -> DataFrame:
    """Return the ranges of rows of all files, one Spark task each; large files are divided in separate tasks."""
    names = tuple(names)
    listed = [(file.path, file.split, file.size) for file in files]
    large = [(path, split) for path, split, size in listed if size > RANGE_BYTES]
    ranges = [(path, 0, -1, 1, split) for path, split, size in listed if size <= RANGE_BYTES]
    if large:
        divided = spark.sparkContext.parallelize(large, len(large))
        ranges += divided.flatMap(partial(_divide, source, root, names)).collect()
    stored = [(os.fsencode(path), *others) for path, *others in ranges]
    return spark.createDataFrame(stored, RANGE_SCHEMA).repartition(min(len(ranges), MAX_TASKS))


def map_files(spark: SparkSession, function: Callable[[str], T], files: list[RawFile]) -> list[T]:
    """Return what `function` finds in each file, by its path, in the same order; Spark reads them if there are several.

    One file is read here, as it takes less time than to ask Spark to.
    """
    paths = [file.path for file in files]
    if len(paths) == 1:
        return [function(paths[0])]
    found: list[T] = spark.sparkContext.parallelize(paths, min(len(paths), MAX_TASKS)).map(function).collect()
    return found


def report_files(spark: SparkSession, source: Source, root: str, files: list[RawFile], names: Iterable[str]) -> None:
    """Log what all files of CSV are found to be, records in them like comments, and keys that records of JSON lack.

    Raises:
        ConfigurationError: a file lacks a column.
        DataError: a file cannot be read.
    """
    if source.format not in ("csv", "json"):
        return
    find = partial(_diagnose, source, root, tuple(names))
    findings = [one for listed in map_files(spark, find, files) for one in listed]
    log_findings(one for one in findings if isinstance(one, CsvDiagnostics))
    for warning in absent_key_warnings(one for one in findings if isinstance(one, JsonDiagnostics)):
        log.warning("%s", warning)


def _diagnose(
    source: Source, root: str, names: tuple[str, ...], path: str
) -> list[CsvDiagnostics] | list[JsonDiagnostics]:
    reader, name = open_file(source, root, path, columns_in_file(path, names)), escape_path(str(locate(root) / path))
    return diagnose_json(reader, name) if source.format == "json" else diagnose_csv(reader, name)


def _divide(
    source: Source, root: str, names: tuple[str, ...], file: tuple[str, str | None]
) -> list[tuple[str, int, int, int, str | None]]:
    path, split = file
    reader = open_file(source, root, path, columns_in_file(path, names))
    return [(*part, split) for part in reader.ranges(RANGE_BYTES)] if reader else []


def rows_of_ranges(
    source: Source, root: str, names: Iterable[str], batches: Iterator[pa.RecordBatch]
) -> Iterator[tuple[str, str | None, Row]]:
    """Yield file, split and row of each row in the ranges of `batches`; names of folders are cells of the row."""
    wanted = list(dict.fromkeys(names))
    for batch in batches:
        for line in batch.to_pylist():
            split, path = line.pop("split"), os.fsdecode(line.pop("path"))
            part = RowRange(path, **line)
            in_file = columns_in_file(part.path, wanted)
            reader = open_file(source, root, part.path, in_file)
            values = folder_values(part.path)
            folders = {name: values[strip_backticks(name)] for name in wanted if name not in in_file}
            for row in reader.rows(part) if reader else ():
                yield part.path, split, row._replace(values={**row.values, **folders}) if folders else row
