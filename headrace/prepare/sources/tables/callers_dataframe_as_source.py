"""Use the rows of a caller's Spark DataFrame as a table source."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from py4j.protocol import Py4JError
from pyspark import StorageLevel
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType,
    AtomicType,
    BinaryType,
    BooleanType,
    DataType,
    DateType,
    NumericType,
    StringType,
    StructType,
    TimestampNTZType,
    TimestampType,
)

from headrace.config.base_section import strip_backticks
from headrace.config.configuration_model import Prepare
from headrace.config.sections.source import Columns, Source
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.readers.row_types_and_errors import MissingColumnError
from headrace.prepare.sources.content_fingerprints import named_file_states
from headrace.prepare.sources.raw_file_and_record import Listing, RawFile
from headrace.prepare.sources.tables.cells.image_structs import IMAGE_FIELDS, image_file
from headrace.prepare.sources.tables.columns_of_one_record import Cells, RowColumns, with_row_columns
from headrace.prepare.sources.tables.dataframe_to_record_columns import (
    frame_rows,
    input_text,
    label_text,
    warn_of_times,
)
from headrace.spark.task_errors import unwrap_python_errors
from headrace.spark.temporary_session_changes import temporary_settings
from headrace.targets.target_kind_loader import target_module
from headrace.wording import quantity

log = logging.getLogger(__name__)

# Rows that Spark passes to Python at once; they may hold images of a megabyte each.
SMALL_BATCHES = {"spark.sql.execution.arrow.maxRecordsPerBatch": "256"}
PLAIN = (StringType, NumericType, BooleanType, DateType, TimestampType, TimestampNTZType)


class DataFrameLabelInterface(Protocol):
    """The module `dataframe_label_column_type` of a target kind."""

    @property
    def EXPECTED(self) -> str:  # noqa: N802 - the name of a constant
        """What a column of labels holds."""

    def label_column(self, column: Column, kind: DataType) -> Column | None:
        """Return a column of labels of the type `kind` as plain values or arrays; None of another type."""


@contextmanager
def dataframe_listing(frame: DataFrame, source: Source, settings: Prepare) -> Iterator[Listing]:
    """Yield the listing of a DataFrame, whose rows are on the executors' disks until the block ends.

    The listing has one file that stands for all rows. Its size is the number of rows, and its time the sum of their
    hashes, which does not depend on their order, so that it changes whenever a row does.

    Raises:
        ConfigurationError: a column is missing, or has a type that it cannot have.
        DataError: there are no rows.
    """
    rows = dataframe_rows(frame, source, settings).persist(StorageLevel.DISK_ONLY)
    try:
        with temporary_settings(frame.sparkSession, SMALL_BATCHES), unwrap_python_errors():
            count, tag = _fingerprint(rows, source, settings)
            if not count:
                raise DataError(f"The {source.path} has no rows; expected at least two classes, or numbers.")
            log.info("%s read", quantity(count, "row"))
            yield Listing(source.path, [RawFile(source.path, None, None, count, tag)], (), rows)
    finally:
        # A JVM that has died has kept nothing.
        with suppress(Py4JError, OSError, PySparkException):
            rows.unpersist(blocking=True)


def dataframe_rows(frame: DataFrame, source: Source, settings: Prepare) -> DataFrame:
    """Return the rows of a DataFrame with the columns of `read_frame`.

    Raises:
        ConfigurationError: a column is missing, or has a type that it cannot have.
    """
    columns = with_row_columns(source, settings).columns or Columns()
    named = {name: _input_or_plain(frame, name, columns, settings) for name in columns.names}
    flat = frame.select(*(column.alias(strip_backticks(name)) for name, column in named.items()))
    warn_of_times(flat, columns, "the DataFrame")
    data = input_text(flat, columns, columns.content)
    if columns.content == "paths":
        data = absolute_path(data)
    is_list = isinstance(flat.schema[strip_backticks(columns.label)].dataType, ArrayType)
    label = F.to_json(flat[_quoted(columns.label)]) if is_list else label_text(flat, columns.label)
    return frame_rows(flat, columns, data, label)


def find_column(frame: DataFrame, name: str) -> tuple[Column, DataType]:
    """Return the column `name`, or the field of a struct that it names with dots, and its type.

    Raises:
        ConfigurationError: there is none, or there are two of this name.
    """
    plain = strip_backticks(name)
    if frame.columns.count(plain) > 1:
        raise ConfigurationError(
            f"The DataFrame has {frame.columns.count(plain)} columns {plain!r}; rename one of them."
        )
    _require_one_case(frame, plain if plain in frame.columns else plain.split(".")[0])
    if plain in frame.columns:
        return F.col(_quoted(plain)), frame.schema[plain].dataType
    first, *fields = plain.split(".")
    kind: DataType = frame.schema
    for field in (first, *fields):
        if not isinstance(kind, StructType) or field not in kind.names:
            raise MissingColumnError(plain, "The DataFrame", frame.columns)
        kind = kind[field].dataType
    return F.col(".".join(_quoted(one) for one in (first, *fields))), kind


def _require_one_case(frame: DataFrame, name: str) -> None:
    """Raise if another column has the same name in another case, and Spark cannot tell them apart."""
    alike = [one for one in frame.columns if one.lower() == name.lower()]
    if len(alike) > 1 and frame.sparkSession.conf.get("spark.sql.caseSensitive") != "true":
        raise ConfigurationError(
            f"The DataFrame has the columns {' and '.join(map(repr, alike))}, which Spark does not tell apart; rename "
            "one of them, or set spark.sql.caseSensitive to true."
        )


def holds_files(kind: DataType) -> bool:
    """Return whether cells of a type hold files: binary, structs with `bytes`, or images of Spark's own schema."""
    return isinstance(kind, BinaryType) or _has_bytes(kind) or _is_spark_image(kind)


def file_cell(column: Column, kind: DataType) -> Column:
    """Return the bytes of the file in a cell of a type that holds files."""
    if isinstance(kind, BinaryType):
        return column
    return column["bytes"] if _has_bytes(kind) else image_file(column)


def _has_bytes(kind: DataType) -> bool:
    return isinstance(kind, StructType) and "bytes" in kind.names and isinstance(kind["bytes"].dataType, BinaryType)


def _is_spark_image(kind: DataType) -> bool:
    return isinstance(kind, StructType) and {*kind.names} >= IMAGE_FIELDS


def is_plain(kind: DataType) -> bool:
    """Return whether cells of a type are one number, text, truth value or time each."""
    return isinstance(kind, PLAIN) and isinstance(kind, AtomicType)


def _input_or_plain(frame: DataFrame, name: str, columns: Columns, settings: Prepare) -> Column:
    if isinstance(columns, RowColumns) and name in columns.cells:
        return row_cell(frame, name, Cells.of(settings))
    column, kind = find_column(frame, name)
    if name == columns.label:
        return _label(name, column, kind, settings)
    if name == columns.input and not isinstance(columns, RowColumns) and columns.content == "bytes":
        if not holds_files(kind):
            raise _wrong_type(name, kind, "binary, a struct with bytes, or Spark's image schema")
        return file_cell(column, kind)
    if not is_plain(kind):
        raise _wrong_type(name, kind, "numbers or text")
    return column


def _label(name: str, column: Column, kind: DataType, settings: Prepare) -> Column:
    """Return the column of the labels, as the kind of the target takes it."""
    module: DataFrameLabelInterface = target_module(settings.task, "dataframe_label_column_type")
    label = module.label_column(column, kind)
    if label is None:
        raise _wrong_type(name, kind, module.EXPECTED)
    return label


def row_cell(frame: DataFrame, name: str, cells: Cells) -> Column:
    """Return a cell of a record of several: plain values as they are, files in Base64, and absolute paths.

    Raises:
        ConfigurationError: the column is missing, or has a type that it cannot have.
    """
    column, kind = find_column(frame, name)
    if name in cells.binary:
        if not holds_files(kind):
            raise _wrong_type(name, kind, "binary, a struct with bytes, or Spark's image schema")
        return F.base64(file_cell(column, kind))
    if name in cells.lists and isinstance(kind, ArrayType) and is_plain(kind.elementType):
        return F.to_json(column)
    if not is_plain(kind):
        raise _wrong_type(name, kind, "lists of numbers" if name in cells.lists else "numbers or text")
    return absolute_path(column) if name in cells.paths else column


def _wrong_type(name: str, kind: DataType, expected: str) -> ConfigurationError:
    return ConfigurationError(
        f"The column {name!r} of the DataFrame holds {kind.simpleString()}; expected {expected}; name or cast another."
    )


def absolute_path(path: Column) -> Column:
    """Return a path of this machine without `file:`, and a relative one below the working directory."""
    plain = F.regexp_replace(path, "^file:/+", "/")
    is_complete = plain.startswith("/") | plain.contains("://")
    return F.when(is_complete, plain).otherwise(F.concat(F.lit(os.getcwd() + "/"), plain))


def _fingerprint(rows: DataFrame, source: Source, settings: Prepare) -> tuple[int, int]:
    """Return the number of rows, and a number of 63 bits that changes with them, in one pass."""
    names = ("key", "label", "split", "weight", "data")
    # A missing cell does not change the hash: without its mark, a value could move to the next column unseen.
    cells = [part for name in names for part in (F.col(name), F.col(name).isNull())]
    # A sum of 64-bit numbers may be too large for one.
    row_hash = F.xxhash64(*cells).cast("decimal(20,0)")
    count, total = rows.agg(F.count("*"), F.sum(row_hash)).collect()[0]
    tag = int(total or 0) % 2**63
    paths = [F.get_json_object("data", f"$['{name}']") for name in settings.path_cells]
    if source.columns is not None and source.columns.content == "paths" and not settings.cells:
        paths = [F.col("data")]
    if settings.target.is_per_pixel:
        paths.append(F.col("label"))
    if count and paths:
        named = rows.select("file", *paths)
        tag ^= named_file_states(named, source.path, by_content=settings.changes == "content").get("", 0)
    return count, tag


def _quoted(name: str) -> str:
    return f"`{strip_backticks(name).replace('`', '``')}`"
