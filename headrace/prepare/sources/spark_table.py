"""Tables that Spark reads: CSV, JSON, Parquet, ORC and JDBC, with a column of bytes, of paths or of text."""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BinaryType

from headrace.config.env_substitution import from_environment
from headrace.config.sections.source import Columns, Source
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.rejection import Reason, RejectedRecordError
from headrace.prepare.sources.array_cell import read_pixels
from headrace.prepare.sources.base import Listing, RawFile, RawRecord, escape_path
from headrace.prepare.sources.folder import read_bytes, walk
from headrace.prepare.sources.petastorm import ARRAYS, input_codec, refuse_arrays
from headrace.prepare.sources.remote_table import read_bucket
from headrace.storage import Entry, is_remote, locate, read_entry

NO_FILES = "jdbc"


def list_table(source: Source) -> Listing:
    """Return the files of a table, which reveal changes; none for JDBC, whose tables always count as changed.

    Raises:
        DataError: there are none.
    """
    if source.format == NO_FILES:
        return Listing(source.path, [], ())
    path = locate(source.path).absolute()
    if path.is_file():
        return Listing(str(path.parent), [_file(read_entry(path))], ())
    if not path.is_dir():
        raise DataError(f"The source {source.path} is not there; expected a {source.format} file or a folder of them.")
    files = sorted(_file(one) for one in walk(path) if not _is_note(one.path))
    if not files:
        raise DataError(f"The source {source.path} holds no files; expected {source.format} files.")
    return Listing(str(path), files, ())


def cell_format(source: Source, root: str, content: str) -> str:
    """Return what cells of the input column hold: as `columns.content` has it, or by which codec of Petastorm's.

    Args:
        content: `image` or `text`, as `prepare.input` has it.

    Raises:
        ConfigurationError: that is not known, or does not go with `content` or the kind of the source.
        DataError: the schema that would say it is damaged.
    """
    if source.kind == "petastorm":
        return input_codec(source, root, content)
    refuse_arrays(source, root)
    return source.columns.content if source.columns else "text"


def read_frame(spark: SparkSession, source: Source, root: str, files: list[RawFile], holds: str) -> DataFrame:
    """Return the rows of `files`: columns file, key, label, split, weight (nullable strings) and data.

    Args:
        holds: of `cell_format`.

    Raises:
        ConfigurationError: a column is missing, or an option names an environment variable that is not set.
        DataError: Spark cannot read the files.
    """
    columns = source.columns or Columns()
    frame = load_frame(spark, source, root, files)
    require_columns(frame, columns.names, source)
    if source.kind == "petastorm":
        _require_types(frame, source, holds)
    data = frame[columns.input]
    as_bytes = holds in ("bytes", "image", *ARRAYS) or (holds == "scalar" and _is_binary(frame, columns.input))
    data = data.cast("binary") if as_bytes else data.cast("string")
    label, missing = _label(frame, columns.label), F.lit(None).cast("string")
    split = frame[columns.split].cast("string") if columns.split else missing
    weight = frame[columns.weight].cast("string") if columns.weight else missing
    # A row without a name of its own is named by what is in it.
    key = frame[columns.identity].cast("string") if columns.identity else F.md5(F.concat_ws("\x00", label, data))
    named = {"file": F.col("_file"), "key": key, "label": label, "split": split, "weight": weight, "data": data}
    return frame.select(*(column.alias(name) for name, column in named.items()))


def load_frame(spark: SparkSession, source: Source, root: str, files: list[RawFile]) -> DataFrame:
    """Return the rows of `files` unchanged, and `_file`, the file of each row.

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
        with _folder_names_as_text(spark, source.kind == "petastorm"):
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
    """Yield the records of the rows of `read_frame`.

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
    path = f"{escape_path(file)}/{row['key']!s}"
    rejection: RejectedRecordError | None = None
    content: str | bytes | NDArray[np.uint8] = b"" if data is None else data
    if data is None:
        rejection = RejectedRecordError(Reason.EMPTY, "the column is null")
    elif holds == "paths":
        content, rejection = _content(root, str(data), max_bytes)
    elif len(data) > max_bytes:
        rejection = RejectedRecordError(Reason.TOO_MANY_BYTES, f"{len(data)} bytes, the limit is {max_bytes}")
    elif holds in ARRAYS and isinstance(data, bytes):
        content, rejection = _pixels(data, holds, max_bytes)
    return RawRecord(path, label, split, content, rejection, weight)


def _pixels(data: bytes, holds: str, max_bytes: int) -> tuple[bytes | NDArray[np.uint8], RejectedRecordError | None]:
    try:
        return read_pixels(data, max_bytes, compressed=holds == "compressed_ndarray"), None
    except RejectedRecordError as rejection:
        return b"", rejection


def _relative(file: str, root: str) -> str:
    """Return the name of a row's file as listed, from Spark's URI."""
    if is_remote(locate(root)):
        return file.removeprefix(f"{root}/")
    return os.path.relpath(unquote(urlsplit(file).path), root)


def _content(root: str, path: str, max_bytes: int) -> tuple[bytes, RejectedRecordError | None]:
    try:
        status = (locate(root) / path).stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return b"", RejectedRecordError(Reason.MISSING_FILE, f"there is no file {escape_path(path)!r}")
    except OSError as error:
        raise DataError(
            f"The file {escape_path(path)!r} cannot be read ({error.strerror}); fix the storage."
        ) from error
    if not stat.S_ISREG(status.st_mode):
        return b"", RejectedRecordError(Reason.MISSING_FILE, f"{escape_path(path)!r} is no file")
    if status.st_size > max_bytes:
        return b"", RejectedRecordError(Reason.TOO_MANY_BYTES, f"{status.st_size} bytes, the limit is {max_bytes}")
    return read_bytes(root, path), None


@contextmanager
def _folder_names_as_text(spark: SparkSession, wanted: bool) -> Iterator[None]:
    """Disable Spark's type inference for partition folders inside the block, so that a label 01 does not become 1."""
    key = "spark.sql.sources.partitionColumnTypeInference.enabled"
    before = spark.conf.get(key)
    spark.conf.set(key, "false" if wanted else before)
    try:
        yield
    finally:
        spark.conf.set(key, before)


def _require_types(frame: DataFrame, source: Source, holds: str) -> None:
    """Raise unless the columns of a data set of Petastorm's are stored as its codecs store them.

    Raises:
        ConfigurationError: one is not.
    """
    name, *others = source.columns.names if source.columns else ()
    if holds != "scalar" and not _is_binary(frame, name):
        raise ConfigurationError(
            f"The column {name!r} of {source.path} holds {frame.schema[name].dataType.simpleString()}; expected "
            "binary, of images or arrays; name another as data.source.columns.input, or set prepare.input: text."
        )
    for other in others:
        if _is_binary(frame, other):
            raise ConfigurationError(
                f"The column {other!r} of {source.path} holds bytes; expected numbers or text, as only "
                "data.source.columns.input may hold anything else."
            )


def _is_binary(frame: DataFrame, name: str) -> bool:
    return isinstance(frame.schema[name].dataType, BinaryType)


def _label(frame: DataFrame, name: str) -> Column:
    """Return a label column as text; lists of names become JSON lists."""
    if isinstance(frame.schema[name].dataType, ArrayType):
        return F.to_json(frame[name].cast("array<string>"))
    return frame[name].cast("string")


def _file(found: Entry) -> RawFile:
    return RawFile(found.path, None, None, found.size, found.change_tag)


def _is_note(name: str) -> bool:
    """Return whether a file is metadata of Spark or Hive; folders such as _key=value are partitions."""
    *folders, base = name.split(os.sep)
    return base.startswith("_") or any(one.startswith("_") and "=" not in one for one in folders)


def _escaped(path: str) -> str:
    """Escape characters that Hadoop takes for patterns."""
    return re.sub(r"([\\*?\[\]{}])", r"\\\1", path)


def _first_line(error: Exception) -> str:
    """Return the first line of Spark's error, or of its cause if a job of Spark's own failed, as 3.5 runs one to list
    a folder.
    """
    lines = str(error.java_exception.getMessage() if isinstance(error, Py4JJavaError) else error).strip().split("\n")
    causes = [line for line in lines if line.startswith("Caused by: ")]
    return re.sub(r"^Caused by: [\w.$]+: ", "", causes[-1]) if causes else lines[0]
