"""Turn columns of a Spark DataFrame into the columns of records."""

import logging
from collections.abc import Iterable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import BinaryType, DecimalType, FractionalType, TimestampType

from headrace.config.base_section import strip_backticks
from headrace.config.sections.source import Columns, Source
from headrace.prepare.readers.row_types_and_errors import MissingColumnError
from headrace.prepare.sources.tables.columns_of_one_record import RowColumns

log = logging.getLogger(__name__)


def frame_rows(frame: DataFrame, columns: Columns, data: Column, label: Column) -> DataFrame:
    """Return the rows of `frame` with the columns of `read_frame`, of which `data` and `label` are given."""
    missing, identity = F.lit(None).cast("string"), columns.identity
    named = {
        "file": F.lit(""),
        "key": _column(frame, identity).cast("string") if identity else F.md5(F.concat_ws("\x00", label, data)),
        "label": label,
        "split": _column(frame, columns.split).cast("string") if columns.split else missing,
        "weight": _column(frame, columns.weight).cast("string") if columns.weight else missing,
        "reason": missing,
        "detail": missing,
        "data": data,
    }
    return frame.select(*(column.alias(name) for name, column in named.items()))


def warn_of_times(frame: DataFrame, columns: Columns, origin: str) -> None:
    """Log that timestamps among classes, inputs and names of records become text in the session's time zone.

    Args:
        origin: of the rows, in the message.
    """
    cells = columns.cells if isinstance(columns, RowColumns) else (columns.input,)
    named = (*cells, columns.label, *([columns.identity] if columns.identity else []))
    written = [strip_backticks(name) for name in dict.fromkeys(named)]
    moments = [name for name in written if isinstance(frame.schema[name].dataType, TimestampType)]
    if moments:
        log.warning(
            "The times in the columns %s of %s are written in the time zone of Spark's session, %s, so that their days "
            "may be others than in their own zones. Cast them to text if another time zone is meant.",
            ", ".join(map(repr, moments)), origin, frame.sparkSession.conf.get("spark.sql.session.timeZone"),
        )  # fmt: skip


def input_text(frame: DataFrame, columns: Columns, cell_format: str) -> Column:
    """Return the input column; of several cells the text of `write_cells`."""
    if isinstance(columns, RowColumns):
        cells = [label_text(frame, name).alias(name) for name in columns.cells]
        return F.to_json(F.struct(*cells), {"ignoreNullFields": "false"})
    is_binary = isinstance(frame.schema[strip_backticks(columns.input)].dataType, BinaryType) or cell_format == "bytes"
    return _column(frame, columns.input).cast("binary" if is_binary else "string")


def _column(frame: DataFrame, name: str) -> Column:
    """Return a column of this name, of which dots and backticks are parts."""
    quoted = strip_backticks(name).replace("`", "``")
    return frame[f"`{quoted}`"]


def label_text(frame: DataFrame, name: str) -> Column:
    """Return a column as texts, where numbers of any type are the same ones as in files: see `cell_to_text`."""
    column, kind = _column(frame, name), frame.schema[strip_backticks(name)].dataType
    text = column.cast("string")
    if not isinstance(kind, FractionalType):
        return text
    # Spark fails where a whole number is too large for 64 bits; from 2**53 on, every float is whole.
    whole = F.floor(column if isinstance(kind, DecimalType) else F.when(F.abs(column) < 2**53, column))
    is_whole = F.coalesce(column == whole, F.lit(False))
    return F.when(is_whole, whole.cast("string")).otherwise(F.regexp_replace(text, r"(\.\d*[1-9])0+$", "$1"))


def require_columns(frame: DataFrame, wanted: Iterable[str], source: Source) -> None:
    """Raise unless `frame` has all columns that are `wanted`.

    Raises:
        MissingColumnError: one is missing.
    """
    for name in wanted:
        if strip_backticks(name) not in frame.columns:
            raise MissingColumnError(name, source.path, frame.columns)
