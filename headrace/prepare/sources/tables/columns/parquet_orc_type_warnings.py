"""Report types of columns of Parquet and ORC that change what cells mean: mixed ones, durations and zones."""

import logging
from collections.abc import Iterable
from functools import partial

import pyarrow as pa
from pyspark.sql import SparkSession

from headrace.config.sections.source import Columns, Source
from headrace.errors import DataError
from headrace.prepare.readers import ColumnarReader
from headrace.prepare.readers.parquet_and_orc_row_reader import DURATIONS_READ, ZONES_READ, plain_type, zone_example
from headrace.prepare.sources.raw_file_and_record import RawFile
from headrace.prepare.sources.tables.columns_of_one_record import RowColumns
from headrace.prepare.sources.tables.table_readers_and_required_columns import columns_in_file, map_files, open_file
from headrace.wording import escape_path

log = logging.getLogger(__name__)

DURATIONS, ZONED, NAIVE, TRUTH, NUMBERS = (
    "durations",
    "times with a zone",
    "times without a zone",
    "truth values",
    "numbers",
)
NAMES = (
    (pa.types.is_boolean, TRUTH),
    (pa.types.is_integer, NUMBERS),
    (pa.types.is_floating, NUMBERS),
    (pa.types.is_decimal, NUMBERS),
    (pa.types.is_duration, DURATIONS),
    (pa.types.is_date, "dates"),
    (pa.types.is_time, "times of a day"),
    (pa.types.is_struct, "structures"),
    (pa.types.is_nested, "lists"),
)
BYTES = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
# What becomes of each kind, where others stand beside it.
READ_AS = {
    ZONED: "times with a zone are read in UTC, and those without one as they are written",
    TRUTH: "truth values are read as true and false",
}


def report_column_types(
    spark: SparkSession, source: Source, root: str, files: list[RawFile], names: Iterable[str], *, windows: bool = False
) -> None:
    """Log durations, times that are written in UTC, and columns whose types differ between files.

    Args:
        windows: whether the rows are those of a series, whose times are moments, and not written.

    Raises:
        ConfigurationError: a file lacks a column.
        DataError: a file cannot be read, or some hold durations where others hold something else.
    """
    if source.format not in ("parquet", "orc", "delta") or not files:
        return
    find = partial(_types_in_file, source, root, tuple(names))
    first: dict[str, dict[pa.DataType, str]] = {}
    for file, types in zip(files, map_files(spark, find, files), strict=True):
        for name, kind in types.items():
            first.setdefault(name, {}).setdefault(kind, file.path)
    written = frozenset[str]() if windows else _written_columns(source.columns or Columns())
    for name, kinds in first.items():
        _report(name, kinds, source.path, is_written=name in written)


def _written_columns(columns: Columns) -> frozenset[str]:
    """Return the columns whose times become text that a model, or the name of a class or of a record, is made of."""
    cells = columns.cells if isinstance(columns, RowColumns) else (columns.input,)
    return frozenset((*cells, columns.label, *([columns.identity] if columns.identity else [])))


def _types_in_file(source: Source, root: str, names: tuple[str, ...], path: str) -> dict[str, pa.DataType]:
    reader = open_file(source, root, path, columns_in_file(path, names))
    if not isinstance(reader, ColumnarReader):
        return {}
    return {name: plain_type(reader.column_type(name)) for name in reader.paths}


def _report(name: str, kinds: dict[pa.DataType, str], path: str, *, is_written: bool) -> None:
    by_noun: dict[str, str] = {}
    for kind, file in kinds.items():
        by_noun.setdefault(_noun(kind), file)
    # A column without any value has no type.
    by_noun.pop("", None)
    if len(by_noun) > 1:
        _report_mixed(name, by_noun, path)
    if DURATIONS in by_noun:
        log.info(DURATIONS_READ, name, path)
    zone = next((kind.tz for kind in kinds if is_written and _noun(kind) == ZONED), None)
    example = None if zone is None else zone_example(zone)
    if example is not None:
        log.warning(ZONES_READ, name, path, zone, *example)


def _noun(kind: pa.DataType) -> str:
    if pa.types.is_null(kind):
        return ""
    if pa.types.is_timestamp(kind):
        return NAIVE if kind.tz is None else ZONED
    if any(check(kind) for check in BYTES):
        return "bytes"
    return next((noun for check, noun in NAMES if check(kind)), "texts")


def _report_mixed(name: str, by_noun: dict[str, str], path: str) -> None:
    shown = " and ".join(f"{noun} in {escape_path(file)!r}" for noun, file in by_noun.items())
    if DURATIONS in by_noun:
        raise DataError(
            f"The column {name!r} of {path} holds {shown}; durations are read as numbers of seconds, which the others "
            "need not be; write one type in all files."
        )
    hints = "".join(f"; {hint}" for noun, hint in READ_AS.items() if noun in by_noun)
    log.warning(
        "The column %r of %s holds %s; write one type in all files if they do not mean the same%s.",
        name, path, shown, hints,
    )  # fmt: skip
