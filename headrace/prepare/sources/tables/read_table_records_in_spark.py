"""Tables as Spark frames: files that our own readers read in Spark's tasks, and databases that Spark reads by JDBC.

Spark's own readers of CSV, JSON and Parquet are not used: they treat quotes, types of partition folders and file names
differently from pandas and pyarrow, and prediction, which reads without Spark, would see other values.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from headrace.config.base_section import strip_backticks
from headrace.config.sections.source import Columns, Source
from headrace.errors import ConfigurationError
from headrace.features.input_kind_loader import input_traits
from headrace.prepare.encoders.label_normalization import normalize_label
from headrace.prepare.labels.label_cell_as_text import label_cell
from headrace.prepare.readers import Row
from headrace.prepare.readers.cell_to_text import decode_text_cell
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources.raw_file_and_record import RawFile, RawRecord
from headrace.prepare.sources.tables.cells.file_named_by_cell import read_named_file
from headrace.prepare.sources.tables.cells.npy_cell_pixels import read_pixels
from headrace.prepare.sources.tables.columns.column_type_check import require_column_types
from headrace.prepare.sources.tables.columns.split_column import split_cells, warn_of_other_splits
from headrace.prepare.sources.tables.columns_of_one_record import RowColumns, write_cells
from headrace.prepare.sources.tables.dataframe_to_record_columns import require_columns
from headrace.prepare.sources.tables.jdbc import database_rows, load_database
from headrace.prepare.sources.tables.listing.table_file_listing import JDBC
from headrace.prepare.sources.tables.log_csv_and_json_findings import report_files
from headrace.prepare.sources.tables.petastorm_datasets.petastorm_codec_resolution import (
    ARRAYS,
    input_codec,
    refuse_arrays,
)
from headrace.prepare.sources.tables.rejected_annotation_warning import warn_of_rejected_annotations
from headrace.prepare.sources.tables.row_ranges_of_spark_tasks import list_ranges, rows_of_ranges
from headrace.prepare.sources.tables.table_readers_and_required_columns import (
    columns_in_file,
    open_first,
    warn_of_folder_columns,
)
from headrace.wording import escape_path, short_repr

ROWS_PER_BATCH = 256
TEXTS = ("file", "key", "row", "label", "split", "weight", "reason", "detail")
# Columns that say which row cannot be read, as `line 7`, and why.
REJECTION = ("_row", "_reason", "_detail")


def find_cell_format(source: Source, root: str, content: str) -> str:
    """Return the format of the cells of the input column: `columns.content`, or a codec of Petastorm's.

    Args:
        content: kind of input, as in `prepare.input`.

    Raises:
        ConfigurationError: it is not known, or does not fit `content` or the kind of the source.
        DataError: the schema that names it is damaged.
    """
    if source.kind == "petastorm":
        return input_codec(source, root, content)
    refuse_arrays(source, root)
    cell_format = source.columns.content if source.columns else "text"
    kind = input_traits(content)
    if cell_format == "text" and kind.is_file and not kind.is_cell:
        raise ConfigurationError(
            f"data.source.columns.content is text, and prepare.input: {content} needs files; expected bytes, if the "
            f"column {source.columns.input if source.columns else ''!r} holds the content of {kind.noun}, or paths."
        )
    return cell_format


def read_frame(
    spark: SparkSession, source: Source, root: str, files: list[RawFile], cell_format: str, task: str = "classification"
) -> DataFrame:
    """Return the rows of `files`: columns file, key, label, split, weight, reason, detail (nullable strings), data.

    `reason` and `detail` say why a row is rejected. Rows of files that have no identity also have `row`: `line 7`, or
    `row 7` in Parquet and ORC.

    Args:
        cell_format: result of `find_cell_format`.
        task: what a label is, as in `prepare.task`.

    Raises:
        ConfigurationError: a column is missing or has the wrong type, or an option names an environment variable that
            is not set.
        DataError: a file cannot be read, or Spark cannot read the database.
    """
    columns = source.columns or Columns()
    if source.format == JDBC:
        return database_rows(spark, source, columns, cell_format)
    is_binary = require_column_types(source, root, files, columns, cell_format)
    warn_of_folder_columns(source, root, files)
    warn_of_other_splits(source, root, files)
    warn_of_rejected_annotations(source, root, files)
    report_files(spark, source, root, files, columns.names)
    return _read_files(spark, source, root, files, is_binary=is_binary, task=task)


def read_keys(
    spark: SparkSession, source: Source, root: str, files: list[RawFile], cell_format: str, task: str
) -> DataFrame:
    """Return the columns file, key and row of `read_frame`, and log nothing.

    Raises:
        ConfigurationError: as of `read_frame`.
        DataError: a file cannot be read.
    """
    is_binary = require_column_types(source, root, files, source.columns or Columns(), cell_format)
    return _read_files(spark, source, root, files, is_binary=is_binary, task=task).select("file", "key", "row")


def _read_files(
    spark: SparkSession, source: Source, root: str, files: list[RawFile], *, is_binary: bool, task: str
) -> DataFrame:
    read = partial(_read_rows, source, root, is_binary, task)
    schema = ", ".join(f"{name} string" for name in TEXTS) + (", data binary" if is_binary else ", data string")
    names = (source.columns or Columns()).names
    return list_ranges(spark, source, root, files, names).mapInArrow(read, schema)


def read_columns(
    spark: SparkSession, source: Source, root: str, files: list[RawFile], names: list[str], *, rejections: bool = False
) -> DataFrame:
    """Return `_file`, the file of each row, and the columns `names`, as text; those of a database have their types.

    Rows that cannot be read have no value in any column.

    Args:
        rejections: whether the rows become records: adds the columns `REJECTION`, which say which row cannot be read,
            and why, and logs what is found in files of CSV.

    Raises:
        ConfigurationError: a column is missing.
        DataError: a file cannot be read.
    """
    if source.format == JDBC:
        frame = load_database(spark, source)
        require_columns(frame, names, source)
        none = [F.lit(None).cast("string").alias(name) for name in REJECTION if rejections]
        return frame.select(F.lit("").alias("_file"), *(F.col(quote_column(name)) for name in names), *none)
    open_first(source, root, files, columns_in_file(files[0].path, names))
    if rejections:
        warn_of_folder_columns(source, root, files)
        report_files(spark, source, root, files, names)
    others = REJECTION if rejections else ()
    schema = ", ".join(["_file string", *(f"{quote_column(name)} string" for name in (*names, *others))])
    read = partial(_read_texts, source, root, names, others)
    return list_ranges(spark, source, root, files, names).mapInArrow(read, schema)


def quote_column(name: str) -> str:
    """Return a column name in SQL quotes, so that its dots are part of it."""
    return f"`{strip_backticks(name).replace('`', '``')}`"


def frame_records(
    batches: Iterator[pa.RecordBatch], root: str, cell_format: str, max_bytes: int, column: str
) -> Iterator[RawRecord]:
    """Yield the records of the rows of `read_frame`.

    Args:
        column: name of the input column, for messages.

    Raises:
        DataError: a file that a row names cannot be read.
    """
    for batch in batches:
        for row in batch.to_pylist():
            yield _record(row, root, cell_format, max_bytes, column)


def _record(
    row: dict[str, "str | bytes | None"], root: str, cell_format: str, max_bytes: int, column: str
) -> RawRecord:
    data, split, weight = row["data"], _text(row["split"]), _text(row["weight"])
    label = normalize_label(_text(row["label"]))
    file, position = _text(row["file"]) or "", _text(row.get("row"))
    key = _text(row["key"]) or ""
    # Rows of a database or a DataFrame are in no file.
    path = f"{file}/{key}" if file else key
    reject_path = f"{file}/{position}" if position else None
    rejection = None
    content: bytes | str | NDArray[np.uint8] = b"" if data is None else data
    if row["reason"] is not None:
        rejection = RejectedRecordError(Reason(str(row["reason"])), str(row["detail"]))
    elif data is None:
        rejection = RejectedRecordError(Reason.EMPTY, f"the column {column} is empty")
    elif cell_format == "paths":
        content, rejection = file_content(root, str(data), max_bytes)
    elif len(data) > max_bytes:
        rejection = RejectedRecordError(Reason.TOO_MANY_BYTES, f"{len(data)} bytes, the limit is {max_bytes}")
    elif cell_format in ARRAYS and isinstance(data, bytes):
        content, rejection = _pixels(data, cell_format, max_bytes)
    return RawRecord(path, label, split, content, rejection, weight, reject_path, root)


def _text(value: "str | bytes | None") -> str | None:
    return None if value is None else str(value)


def _pixels(
    data: bytes, cell_format: str, max_bytes: int
) -> tuple[bytes | NDArray[np.uint8], RejectedRecordError | None]:
    try:
        return read_pixels(data, max_bytes, compressed=cell_format == "compressed_ndarray"), None
    except RejectedRecordError as rejection:
        return b"", rejection


def file_content(root: str, path: str, max_bytes: int) -> tuple[bytes, RejectedRecordError | None]:
    """Return the bytes of the file that a cell names, or why it is rejected.

    Args:
        path: below `root`, absolute, or the address of an object.

    Raises:
        DataError: the file cannot be read.
        StoreError: the store refuses the request, or does not respond.
    """
    try:
        return read_named_file(root, path, max_bytes), None
    except RejectedRecordError as rejection:
        return b"", rejection


def _read_rows(
    source: Source, root: str, is_binary: bool, task: str, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Return the rows that `read_frame` promises."""
    columns = source.columns or Columns()
    kind = pa.binary() if is_binary else pa.string()

    def frame_row(row: Row, split: str | None) -> dict[str, Any]:
        place = f"{row.unit} {row.number}"
        try:
            cells = _frame_cells(row, columns, is_binary, task)
        except RejectedRecordError as rejection:
            return {"key": place, "reason": rejection.reason.value, "detail": rejection.detail}
        identity = cells["key"]
        key = _content_key(cells["label"], cells["data"]) if identity is None else identity
        return cells | {"key": key, "row": place if identity is None else None, "split": cells["split"] or split}

    rows = (
        {"file": escape_path(path)} | frame_row(row, split)
        for path, split, row in rows_of_ranges(source, root, columns.names, batches)
    )
    return _batches(rows, pa.schema([*((name, pa.string()) for name in TEXTS), ("data", kind)]))


def _frame_cells(row: Row, columns: Columns, is_binary: bool, task: str) -> dict[str, Any]:
    """Return the cells of one row: key, label, split, weight and data; and reason and detail for a wrong split.

    Raises:
        RejectedRecordError: the row cannot be read, or a cell is not what its column is for.
    """

    def text(name: str | None) -> str | None:
        return None if name is None else decode_text_cell(row.values.get(name), f"the cell of {name}")

    if row.rejection is not None:
        raise row.rejection
    if isinstance(columns, RowColumns):
        data: Any = write_cells(row.values, columns.all_cells)
    else:
        data = row.values.get(columns.input)
    if is_binary and isinstance(data, dict):
        _refuse_path_alone(data, columns.input)
        data = data.get("bytes")
    elif isinstance(data, dict | list):
        raise RejectedRecordError(Reason.NOT_TEXT, f"the cell of {columns.input} is not text but {short_repr(data)}")
    if not (is_binary and isinstance(data, bytes)):
        data = decode_text_cell(data, f"the cell of {columns.input}")
    return {
        "key": text(columns.identity),
        "label": label_cell(row.values.get(columns.label), task),
        **split_cells(row.values.get(columns.split or ""), columns.split),
        "weight": text(columns.weight),
        "data": data,
    }


def _refuse_path_alone(cell: dict[str, Any], name: str) -> None:
    """Raise if a structure as Hugging Face's has the path of a file, and not its bytes.

    Raises:
        RejectedRecordError: in that case.
    """
    path = cell.get("path")
    if cell.get("bytes") is None and isinstance(path, str) and path:
        detail = (
            f"{name}.bytes is empty, and {name}.path is {short_repr(path)}; to read that file, set "
            f"data.source.columns.input to {name}.path and content to paths"
        )
        raise RejectedRecordError(Reason.EMPTY, detail)


def _content_key(label: str | None, data: str | bytes | None) -> str:
    """Return the name of a row without an identity: a hash of its content."""
    parts = (part if isinstance(part, bytes) else part.encode() for part in (label, data) if part is not None)
    return hashlib.md5(b"\0".join(parts), usedforsecurity=False).hexdigest()


def _read_texts(
    source: Source, root: str, names: list[str], others: Sequence[str], batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Return the rows that `read_columns` promises."""
    rows = (
        {"_file": escape_path(path), **{strip_backticks(name): _text_or_none(row.values.get(name)) for name in names}}
        | (_rejection_cells(row) if others else {})
        for path, _, row in rows_of_ranges(source, root, names, batches)
    )
    return _batches(rows, pa.schema([(name, pa.string()) for name in ("_file", *map(strip_backticks, names), *others)]))


def _rejection_cells(row: Row) -> dict[str, str | None]:
    """Return the columns `REJECTION` of a row; none if it can be read."""
    if row.rejection is None:
        return {}
    cells = (f"{row.unit} {row.number}", row.rejection.reason.value, row.rejection.detail)
    return dict(zip(REJECTION, cells, strict=True))


def _text_or_none(value: Any) -> str | None:
    try:
        return decode_text_cell(value, "it")
    except RejectedRecordError:
        return None


def _batches(rows: Iterator[dict[str, Any]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    while chunk := list(islice(rows, ROWS_PER_BATCH)):
        yield pa.RecordBatch.from_pylist(chunk, schema)
