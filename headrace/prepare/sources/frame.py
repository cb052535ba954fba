"""What Spark reads itself: CSV, JSON, Parquet, ORC and JDBC, with a column of bytes, of paths or of text."""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType

from headrace.config.environment import from_environment
from headrace.config.source import Columns, Source
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.reject import Reason, RejectedRecordError
from headrace.prepare.sources.bucket_frame import read_bucket
from headrace.prepare.sources.folder import read_bytes, walk
from headrace.prepare.sources.listing import Listing, RawFile, printable
from headrace.prepare.sources.record import RawRecord
from headrace.storage import Entry, entry_of, is_remote, locate

NO_FILES = "jdbc"


def list_table(source: Source) -> Listing:
    """The files of a table, by which a change is noticed; none for JDBC, whose tables are always taken as changed.

    Raises:
        DataError: there are none.
    """
    if source.format == NO_FILES:
        return Listing(source.path, [], ())
    path = locate(source.path).absolute()
    if path.is_file():
        return Listing(str(path.parent), [_file(entry_of(path))], ())
    if not path.is_dir():
        raise DataError(f"The source {source.path} is not there; expected a {source.format} file or a folder of them.")
    files = sorted(_file(one) for one in walk(path) if not _is_note(one.path))
    if not files:
        raise DataError(f"The source {source.path} holds no files; expected {source.format} files.")
    return Listing(str(path), files, ())


def read_frame(spark: SparkSession, source: Source, root: str, files: list[RawFile]) -> DataFrame:
    """The rows of `files`: columns file, key, label, split, weight (strings, null where there is none) and data.

    Raises:
        ConfigurationError: a column is missing, or an option names an environment variable that is not set.
        DataError: Spark cannot read the files.
    """
    columns = source.columns or Columns()
    frame = load_frame(spark, source, root, files)
    wanted = (columns.input, columns.label, columns.split, columns.weight, columns.identity)
    require_columns(frame, wanted, source)
    data = frame[columns.input]
    data = data.cast("binary") if columns.holds == "bytes" else data.cast("string")
    label, missing = _label(frame, columns.label), F.lit(None).cast("string")
    split = frame[columns.split].cast("string") if columns.split else missing
    weight = frame[columns.weight].cast("string") if columns.weight else missing
    # A row without a name of its own is named by what is in it.
    key = frame[columns.identity].cast("string") if columns.identity else F.md5(F.concat_ws("\x00", label, data))
    named = {"file": F.col("_file"), "key": key, "label": label, "split": split, "weight": weight, "data": data}
    return frame.select(*(column.alias(name) for name, column in named.items()))


def load_frame(spark: SparkSession, source: Source, root: str, files: list[RawFile]) -> DataFrame:
    """The rows of `files` as they are, and `_file`, where each is from.

    Raises:
        ConfigurationError: an option names an environment variable that is not set.
        DataError: Spark cannot read the files.
    """
    options = from_environment(source.options, "data.source.options")
    reader = spark.read.format(source.format).options(**options)
    try:
        if source.format == NO_FILES:
            return reader.option("url", source.path).load().withColumn("_file", F.lit(""))
        if is_remote(locate(root)):
            return read_bucket(spark, source.format, options, root, files)
        places = [_escaped(os.path.join(root, file.path)) for file in files]
        frame = reader.option("basePath", _escaped(root)).load(places) if len(files) else reader.load(places)
        return frame.withColumn("_file", F.col("_metadata.file_path"))
    except (PySparkException, Py4JJavaError) as error:
        raise DataError(f"Spark cannot read {source.path} as {source.format}: {_first_line(error)}") from None


def require_columns(frame: DataFrame, wanted: Iterable[str | None], source: Source) -> None:
    """Raise unless `frame` has all that are `wanted`.

    Raises:
        ConfigurationError: one is missing.
    """
    missing = sorted({name for name in wanted if name} - set(frame.columns))
    if missing:
        have = ", ".join(name for name in frame.columns if name != "_file")
        raise ConfigurationError(f"{source.path} has no column {missing[0]!r}; its columns are: {have}.")


def frame_records(batches: Iterator[pa.RecordBatch], root: str, holds: str, max_bytes: int) -> Iterator[RawRecord]:
    """The records of the rows of `read_frame`.

    Raises:
        DataError: a file that a row names cannot be read.
    """
    for batch in batches:
        for row in batch.to_pylist():
            yield _record(row, root, holds, max_bytes)


def _record(row: dict[str, "str | bytes | None"], root: str, holds: str, max_bytes: int) -> RawRecord:
    file = _relative(str(row["file"]), root) if row["file"] else "table"
    data = row["data"]
    label, split, weight = (None if row[name] is None else str(row[name]) for name in ("label", "split", "weight"))
    path = f"{printable(file)}/{row['key']!s}"
    rejection: RejectedRecordError | None = None
    content: str | bytes = b"" if data is None else data
    if data is None:
        rejection = RejectedRecordError(Reason.EMPTY, "the column is null")
    elif holds == "paths":
        content, rejection = _content(root, str(data), max_bytes)
    elif len(data) > max_bytes:
        rejection = RejectedRecordError(Reason.TOO_MANY_BYTES, f"{len(data)} bytes, the limit is {max_bytes}")
    return RawRecord(path, label, split, content, rejection, weight)


def _relative(file: str, root: str) -> str:
    """The name of a row's file: an address as it is listed, or the URI that Spark gives."""
    if is_remote(locate(root)):
        return file.removeprefix(f"{root}/")
    return os.path.relpath(unquote(urlsplit(file).path), root)


def _content(root: str, path: str, max_bytes: int) -> tuple[bytes, RejectedRecordError | None]:
    try:
        status = (locate(root) / path).stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return b"", RejectedRecordError(Reason.MISSING_FILE, f"there is no file {printable(path)!r}")
    except OSError as error:
        raise DataError(f"The file {printable(path)!r} cannot be read ({error.strerror}); mend the storage.") from error
    if not stat.S_ISREG(status.st_mode):
        return b"", RejectedRecordError(Reason.MISSING_FILE, f"{printable(path)!r} is no file")
    if status.st_size > max_bytes:
        return b"", RejectedRecordError(Reason.TOO_MANY_BYTES, f"{status.st_size} bytes, the limit is {max_bytes}")
    return read_bytes(root, path), None


def _label(frame: DataFrame, name: str) -> Column:
    """As text; of a list of names a JSON list."""
    if isinstance(frame.schema[name].dataType, ArrayType):
        return F.to_json(frame[name].cast("array<string>"))
    return frame[name].cast("string")


def _file(found: Entry) -> RawFile:
    return RawFile(found.path, None, None, found.size, found.mark)


def _is_note(name: str) -> bool:
    """Files that Spark and Hive leave beside data."""
    return os.path.basename(name).startswith("_")


def _escaped(path: str) -> str:
    """Hadoop takes these for patterns."""
    return re.sub(r"([\\*?\[\]{}])", r"\\\1", path)


def _first_line(error: Exception) -> str:
    text = str(error.java_exception.getMessage() if isinstance(error, Py4JJavaError) else error)
    return text.strip().split("\n")[0]
