"""Tables of databases, which Spark reads by JDBC."""

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import ArrayType, BinaryType, MapType, StructType

from headrace.config.base_section import strip_backticks
from headrace.config.secrets_and_environment_variables import from_environment
from headrace.config.sections.source import Columns, Source
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.sources.tables.dataframe_to_record_columns import (
    frame_rows,
    input_text,
    label_text,
    require_columns,
    warn_of_times,
)
from headrace.prepare.sources.tables.listing.table_file_listing import JDBC

# What Java says where it has no driver for an address, and where the class that the options name is in no jar.
NO_DRIVER, NO_CLASS = "No suitable driver", "ClassNotFoundException"
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
        return spark.read.format(JDBC).options(**options).option("url", source.path).load()
    except (PySparkException, Py4JJavaError) as error:
        raise DataError(f"Spark cannot read {source.path} as {source.format}: {_describe(error)}") from None


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
    warn_of_times(frame, columns, source.path)
    return frame_rows(frame, columns, input_text(frame, columns, cell_format), label_text(frame, columns.label))


def _require_plain(frame: DataFrame, columns: Columns, source: Source) -> None:
    for name in columns.names:
        kind = frame.schema[strip_backticks(name)].dataType
        if name != columns.input and isinstance(kind, NOT_PLAIN):
            raise ConfigurationError(
                f"The column {name!r} of {source.path} holds {kind.simpleString()}; expected numbers or text; cast "
                "it in data.source.options.query."
            )


def _describe(error: PySparkException | Py4JJavaError) -> str:
    """Return what happened in one line, with the cause that Spark leaves out, and what to do about a driver."""
    lines = _messages(error)
    if any(NO_DRIVER in line for line in lines) or NO_CLASS in str(error):
        return (
            f"Spark has no driver for it ({lines[0]}); name the driver's jar in spark.settings, as spark.jars: "
            "/path/driver.jar or spark.jars.packages: group:artifact:version, or with spark-submit as --jars or "
            "--packages, and its class in data.source.options.driver"
        )
    return ": ".join(lines[:2])


def _messages(error: PySparkException | Py4JJavaError) -> list[str]:
    """Return the first line of the message of an error, and of each of its causes in Java."""
    java = error.java_exception if isinstance(error, Py4JJavaError) else getattr(error, "_origin", None)
    lines = [] if java is not None else [str(error)]
    while java is not None:
        lines.append(str(java.getMessage() or java.getClass().getName()))
        java = java.getCause()
    return [line.strip().split("\n")[0] for line in lines]
