"""Tables in a bucket or on HDFS, read as Spark reads local ones: Spark needs Hadoop's reader for s3://.

Tasks fetch the files with Python. Lines of CSV and JSON are then parsed by Spark's own parser with the same options;
Parquet by pyarrow.
"""

from collections.abc import Iterator
from functools import partial
from urllib.parse import unquote

import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema
from pyspark.sql.types import StringType, StructField, StructType

from headrace.errors import ConfigurationError, DataError
from headrace.prepare.sources.base import RawFile
from headrace.storage import locate
from headrace.storage.parquet import open_parquet

FORMATS = ("csv", "json", "parquet")
ROWS = 1024
LINES = "_file string, _line string"
# What Hive and Spark call the folder of rows without a value.
NULL_FOLDER = "__HIVE_DEFAULT_PARTITION__"


def read_bucket(spark: SparkSession, kind: str, options: dict[str, str], root: str, files: list[RawFile]) -> DataFrame:
    """Return the rows of `files` below `root` with their columns and `_file`, the address of each row's file.

    Raises:
        ConfigurationError: `kind` is none of FORMATS, or a record may take several lines.
        DataError: a file cannot be read.
    """
    if kind not in FORMATS or _is_true(options, "multiLine"):
        raise ConfigurationError(
            f"From s3:// and hdfs:// tables of the formats {', '.join(FORMATS)} are read, without multiLine; "
            "for others mount the store and give the folder."
        )
    places = [(f"{root}/{file.path}",) for file in files]
    listed = spark.createDataFrame(places, "place string").repartition(max(1, len(places)))
    if kind == "parquet":
        return _parquet(listed, root, places[0][0])
    has_header = kind == "csv" and _is_true(options, "header")
    return _parsed(spark, kind, options, listed.mapInArrow(partial(_lines, has_header), LINES), has_header)


def _parquet(listed: DataFrame, root: str, first: str) -> DataFrame:
    try:
        with open_parquet(locate(first)) as file:
            schema = from_arrow_schema(file.schema_arrow)
    except (OSError, pa.ArrowException, PySparkException) as error:
        raise DataError(f"{first} cannot be read as parquet: {' '.join(str(error).split())}") from None
    folders = _folder_values(root, first)
    schema = StructType([field for field in schema if field.name not in folders])
    with_folders = StructType([*schema, *(StructField(name, StringType()) for name in folders)])
    return listed.mapInArrow(partial(_rows, root, schema, tuple(folders)), with_folders.add("_file", "string"))


def _rows(
    root: str, schema: StructType, folders: tuple[str, ...], batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    wanted = to_arrow_schema(schema)
    for place in _places(batches):
        found = _folder_values(root, place)
        more = {name: found.get(name) for name in folders} | {"_file": place}
        try:
            with open_parquet(locate(place)) as file:
                for batch in file.iter_batches(ROWS, columns=wanted.names):
                    rows = pa.Table.from_batches([batch]).select(wanted.names).cast(wanted)
                    for name, value in more.items():
                        rows = rows.append_column(name, pa.array([value] * len(rows), pa.string()))
                    yield from rows.to_batches()
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{place} cannot be read as parquet: {' '.join(str(error).split())}") from None


def _folder_values(root: str, place: str) -> dict[str, str | None]:
    """Return the columns of a partitioned table, which are part of folder names: class=cat."""
    folders = place.removeprefix(f"{root}/").split("/")[:-1]
    pairs = (folder.partition("=") for folder in folders if "=" in folder)
    return {unquote(name): None if value == NULL_FOLDER else unquote(value) for name, _, value in pairs}


def _parsed(spark: SparkSession, kind: str, options: dict[str, str], lines: DataFrame, has_header: bool) -> DataFrame:
    every = lines.select("_line").rdd.map(lambda row: row[0])
    if kind == "json":
        parsed = F.from_json("_line", spark.read.options(**options).json(every).schema, options)
        return lines.withColumn("_row", parsed).select("_row.*", "_file")
    head = lines.where("_file is null").first() if has_header else lines.first()
    # Of the first line alone, every column is text, unless types are to be seen from the values.
    one = spark.sparkContext.parallelize([head["_line"] if head else ""])
    found = spark.read.options(**options).csv(every if _is_true(options, "inferSchema") else one).schema
    names = ", ".join(f"`{field.name.replace('`', '``')}` {field.dataType.simpleString()}" for field in found)
    rows = lines.where("_file is not null") if has_header else lines
    return rows.withColumn("_row", F.from_csv("_line", names, _of_one_line(options))).select("_row.*", "_file")


def _is_true(options: dict[str, str], wanted: str) -> bool:
    """Return a boolean option as Spark parses it: option names are case-insensitive."""
    return any(name.lower() == wanted.lower() and value.lower() == "true" for name, value in options.items())


def _of_one_line(options: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in options.items() if name.lower() not in ("header", "inferschema")}


def _lines(has_header: bool, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Return the lines of every file; header lines have no file."""
    for place in _places(batches):
        try:
            with locate(place).open("r", encoding="utf-8-sig") as text:
                names, found = list[str | None](), list[str]()
                for number, line in enumerate(text):
                    if line.strip():
                        names.append(None if has_header and number == 0 else place)
                        found.append(line.rstrip("\r\n"))
                    if len(found) == ROWS:
                        yield _batch(names, found)
                        names, found = [], []
                yield _batch(names, found)
        except (OSError, ValueError) as error:
            raise DataError(f"{place} cannot be read as lines of UTF-8: {error}") from None


def _batch(names: list[str | None], lines: list[str]) -> pa.RecordBatch:
    return pa.record_batch([pa.array(names, pa.string()), pa.array(lines, pa.string())], ["_file", "_line"])


def _places(batches: Iterator[pa.RecordBatch]) -> Iterator[str]:
    for batch in batches:
        yield from batch["place"].to_pylist()
