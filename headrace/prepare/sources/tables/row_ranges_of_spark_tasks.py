"""Divide the files of a table into ranges of rows, one for each Spark task, and read them."""

import os
from collections.abc import Iterable, Iterator
from functools import partial

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from headrace.config.base_section import strip_backticks
from headrace.config.sections.source import Source
from headrace.prepare.readers import Row, RowRange
from headrace.prepare.sources.raw_file_and_record import RawFile
from headrace.prepare.sources.tables.listing.partition_folders import folder_values
from headrace.prepare.sources.tables.table_readers_and_required_columns import MAX_TASKS, columns_in_file, open_file

# Larger files are read by several tasks, if their format allows it.
RANGE_BYTES = 64 * 2**20
# A path is bytes, as a file name need not be UTF-8.
RANGE_SCHEMA = "path binary, begin long, size long, number long, split string"


def list_ranges(
    spark: SparkSession, source: Source, root: str, files: list[RawFile], names: Iterable[str]
) -> DataFrame:
    """Return the ranges of rows of all files, one Spark task each; large files are divided in separate tasks."""
    names = tuple(names)
    listed = [(file.path, file.split, file.size) for file in files]
    large = [(path, split) for path, split, size in listed if size > RANGE_BYTES]
    ranges = [(path, 0, -1, 1, split) for path, split, size in listed if size <= RANGE_BYTES]
    if large:
        divided = spark.sparkContext.parallelize(large, len(large))
        ranges += divided.flatMap(partial(_divide, source, root, names)).collect()
    stored = [(os.fsencode(path), *others) for path, *others in ranges]
    return spark.createDataFrame(stored, RANGE_SCHEMA).repartition(min(len(ranges), MAX_TASKS))


def _divide(
    source: Source, root: str, names: tuple[str, ...], file: tuple[str, str | None]
) -> list[tuple[str, int, int, int, str | None]]:
    path, split = file
    reader = open_file(source, root, path, columns_in_file(path, names))
    return [(*part, split) for part in reader.ranges(RANGE_BYTES)] if reader else []


def rows_of_ranges(
    source: Source, root: str, names: Iterable[str], batches: Iterator[pa.RecordBatch]
) -> Iterator[tuple[str, str | None, Row]]:
    """Yield file, split and row of each row in the ranges of `batches`; names of folders are cells of the row."""
    wanted = list(dict.fromkeys(names))
    for batch in batches:
        for line in batch.to_pylist():
            split, path = line.pop("split"), os.fsdecode(line.pop("path"))
            part = RowRange(path, **line)
            in_file = columns_in_file(part.path, wanted)
            reader = open_file(source, root, part.path, in_file)
            values = folder_values(part.path)
            folders = {name: values[strip_backticks(name)] for name in wanted if name not in in_file}
            for row in reader.rows(part) if reader else ():
                yield part.path, split, row._replace(values={**row.values, **folders}) if folders else row
