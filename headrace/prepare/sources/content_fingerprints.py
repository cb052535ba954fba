"""Fingerprint the content of sources, to detect changes that names, sizes and times do not show."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial, reduce
from operator import xor

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from headrace.config.sections.source import Source
from headrace.errors import DataError
from headrace.prepare.sources.folders.folder_source import read_bytes
from headrace.prepare.sources.raw_file_and_record import Listing
from headrace.prepare.sources.tables.read_table_records_in_spark import read_columns
from headrace.storage import locate
from headrace.storage.file_listing import read_entry
from headrace.wording import escape_path


def with_content(spark: SparkSession, listing: Listing, *, of_labels: bool = False) -> Listing:
    """Return `listing` with a hash of each file's content instead of its modification time.

    Args:
        of_labels: whether labels are paths of files, whose content counts too.

    Raises:
        DataError: a file cannot be read.
    """
    paths = sorted({file.path for file in listing.files if file.size >= 0})
    hashes = dict(spark.sparkContext.parallelize(paths).map(partial(_hash_content, listing.root)).collect())
    files = [file._replace(modified=hashes.get(file.path, 0)) for file in listing.files]
    if of_labels:
        states = _label_states(spark, listing)
        files = [file._replace(modified=file.modified ^ states.get(file.label or "", 0)) for file in files]
    return replace(listing, files=files)


def _label_states(spark: SparkSession, listing: Listing) -> dict[str, int]:
    """Return a number for each label that changes with the content of the file that it names."""
    labels = sorted({file.label for file in listing.files if file.label})
    state = partial(_state, listing.root, by_content=True, place=1)
    states = spark.sparkContext.parallelize(labels).map(state).collect()
    return dict(zip(labels, states, strict=True))


def with_named_files(
    spark: SparkSession, source: Source, columns: Sequence[str], listing: Listing, *, by_content: bool
) -> Listing:
    """Return `listing` with the files that the rows of a table name: a table's file counts as changed if they do.

    Args:
        columns: columns that hold paths of files.
        by_content: whether a hash of the content of named files counts, and not their size and time.

    Raises:
        DataError: a file cannot be read.
    """
    named = read_columns(spark, source, listing.root, listing.files, list(columns))
    totals = named_file_states(named, listing.root, by_content=by_content)
    files = [file._replace(modified=file.modified ^ totals.get(escape_path(file.path), 0)) for file in listing.files]
    return replace(listing, files=files)


def named_file_states(named: DataFrame, root: str, *, by_content: bool) -> dict[str, int]:
    """Return, by table file, a number that changes with the files that its rows name.

    Args:
        named: table file and path of each row.
        by_content: as in `with_named_files`.
    """
    # Spark takes a name with a dot for a field of a structure.
    plain = named.toDF("file", *(f"path_{number}" for number in range(1, len(named.columns))))
    states = plain.mapInArrow(partial(_states, root, by_content), "file string, state long")
    # Exclusive or does not depend on the order of rows.
    return dict(map(tuple, states.groupBy("file").agg(F.bit_xor("state")).collect()))


def _states(root: str, by_content: bool, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Return for each row its table file and a number of 63 bits that changes with the file that the row names."""
    for batch in batches:
        files, *columns = (column.to_pylist() for column in batch.columns)
        # The place of a path counts too, as two files may change places.
        states = [
            reduce(xor, (_state(root, path, by_content, place) for place, path in enumerate(paths)))
            for paths in zip(*columns, strict=True)
        ]
        yield pa.record_batch([pa.array(files, pa.string()), pa.array(states, pa.int64())], ["file", "state"])


def _state(root: str, path: str | None, by_content: bool, place: int) -> int:
    if path is None:
        return 0
    try:
        if by_content:
            found = repr(_hash_content(root, path)[1])
        else:
            entry = read_entry(locate(root) / path)
            found = f"{entry.size} {entry.change_tag}"
    except (OSError, ValueError, DataError):
        found = "missing"
    text = f"{path}\0{found}" + (f"\0{place}" if place else "")
    digest = hashlib.blake2b(text.encode(errors="surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def _hash_content(root: str, path: str) -> tuple[str, int]:
    digest = hashlib.blake2b(read_bytes(root, path), digest_size=8).digest()
    return path, int.from_bytes(digest, "little", signed=True)
