"""Tables of databases, which Spark reads by JDBC."""

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import ArrayType, BinaryType, MapType, StructType

from headrace.config.environment_variables_and_plain_secrets import from_environment
from headrace.config.sections.source import Columns, Source
from headrace.config.strip_backticks import strip_backticks
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.sources.tables.spark_record_columns import frame_rows, input_text, label_text, require_columns
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
