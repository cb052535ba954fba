"""Tables of databases, which Spark reads by JDBC."""

from collections.abc import Iterable

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BinaryType, DecimalType, FractionalType, MapType, StructType

from headrace.config.env_substitution import from_environment
from headrace.config.sections.source import Columns, Source
from headrace.config.unquote_identifier import strip_backticks
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.readers.source_row import MissingColumnError
from headrace.prepare.sources.tables.multi_cell_records import RowColumns
from headrace.prepare.sources.tables.table_file_listing import NO_FILES

# Columns of these types are no text, and what Spark makes of them as text is neither names nor numbers.
NOT_PLAIN = (BinaryType, ArrayType, MapType, StructType)


def load_database(spark: SparkSession, source: Source) -> DataFrame:
    """Return the table of a database, with the types of its columns.

    Raises:
        ConfigurationError: an option names an environment variable that is not set.
        DataError: Spark cannot read the database.
    """
    # Times without a zone stay as they are in the database, whatever the zones of this machine and of Spark.
    options = {"preferTimestampNTZ": "true"} | from_environment(source.options, "data.source.options")
    try:
        return spark.read.format(NO_FILES).options(**options).option("url", source.path).load()
    except (PySparkException, Py4JJavaError) as error:
        raise DataError(f"Spark cannot read {source.path} as {source.format}: {_first_line(error)}") from None


def database_rows(spark: SparkSession, source: Source, columns: Columns, cell_format: str) -> DataFrame:
    """Return the rows of a database with the columns of `read_frame`.

    Raises:
        ConfigurationError: a column is missing or is neither numbers nor text, or an option names an environment
            variable that is not set.
        DataError: Spark cannot read the database.
    """
    frame = load_database(spark, source)
    require_columns(frame, columns.names, source)
    _require_plain(frame, columns, source)
    return frame_rows(frame, columns, input_text(frame, columns, cell_format), label_text(frame, columns.label))


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
    """Return a column as texts, where numbers of any type are the same ones as in files: see `cell_text`."""
    column, kind = _column(frame, name), frame.schema[strip_backticks(name)].dataType
    text = column.cast("string")
    if not isinstance(kind, FractionalType):
        return text
    whole = F.floor(column)
    is_whole = column == whole
    if not isinstance(kind, DecimalType):
        is_whole &= F.abs(column) < 2**53
    return F.when(is_whole, whole.cast("string")).otherwise(F.regexp_replace(text, r"(\.\d*[1-9])0+$", "$1"))


def require_columns(frame: DataFrame, wanted: Iterable[str], source: Source) -> None:
    """Raise unless `frame` has all columns that are `wanted`.

    Raises:
        MissingColumnError: one is missing.
    """
    for name in wanted:
        if strip_backticks(name) not in frame.columns:
            raise MissingColumnError(name, source.path, frame.columns)


def _require_plain(frame: DataFrame, columns: Columns, source: Source) -> None:
    for name in columns.names:
        kind = frame.schema[strip_backticks(name)].dataType
        if name != columns.input and isinstance(kind, NOT_PLAIN):
            raise ConfigurationError(
                f"The column {name!r} of {source.path} holds {kind.simpleString()}; expected numbers or text; cast "
                "it in data.source.options.query."
            )


def _first_line(error: Exception) -> str:
    return str(error.java_exception.getMessage() if isinstance(error, Py4JJavaError) else error).strip().split("\n")[0]
