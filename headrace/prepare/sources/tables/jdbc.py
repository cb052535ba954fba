"""Tables of databases, which Spark reads by JDBC."""

from collections.abc import Iterable

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import BinaryType

from headrace.config.env_substitution import from_environment
from headrace.config.sections.source import Columns, Source
from headrace.errors import DataError
from headrace.prepare.readers.row import MissingColumnError, plain_name
from headrace.prepare.sources.tables.table_files import NO_FILES


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
        ConfigurationError: a column is missing, or an option names an environment variable that is not set.
        DataError: Spark cannot read the database.
    """
    frame = load_database(spark, source)
    require_columns(frame, columns.names, source)
    is_binary = isinstance(frame.schema[columns.input].dataType, BinaryType) or cell_format == "bytes"
    data = frame[columns.input].cast("binary" if is_binary else "string")
    missing = F.lit(None).cast("string")
    label, identity = frame[columns.label].cast("string"), columns.identity
    named = {
        "file": F.lit(""),
        "key": frame[identity].cast("string") if identity else F.md5(F.concat_ws("\x00", label, data)),
        "label": label,
        "split": frame[columns.split].cast("string") if columns.split else missing,
        "weight": frame[columns.weight].cast("string") if columns.weight else missing,
        "reason": missing,
        "detail": missing,
        "data": data,
    }
    return frame.select(*(column.alias(name) for name, column in named.items()))


def require_columns(frame: DataFrame, wanted: Iterable[str], source: Source) -> None:
    """Raise unless `frame` has all columns that are `wanted`.

    Raises:
        MissingColumnError: one is missing.
    """
    for name in wanted:
        if plain_name(name) not in frame.columns:
            raise MissingColumnError(name, source.path, frame.columns)


def _first_line(error: Exception) -> str:
    return str(error.java_exception.getMessage() if isinstance(error, Py4JJavaError) else error).strip().split("\n")[0]
