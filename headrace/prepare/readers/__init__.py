"""Readers of raw tables, one for each format; preparation, prediction and explanation read with the same ones."""

import re
from collections.abc import Sequence
from pathlib import Path

from headrace.config.table_reader_options import ReaderOptions
from headrace.prepare.readers.cell_to_text import cell_to_text
from headrace.prepare.readers.csv.csv_reader import CsvReader
from headrace.prepare.readers.json_reader import JsonReader
from headrace.prepare.readers.parquet_and_orc_row_reader import ColumnarReader
from headrace.prepare.readers.row_types_and_errors import Row, RowRange
from headrace.prepare.readers.tfrecord_reader import TfrecordReader

TableReader = CsvReader | JsonReader | ColumnarReader | TfrecordReader

COMPRESSED = re.compile(r"\.(gz|gzip|bz2|xz|zst|zstd)$", re.IGNORECASE)
SUFFIXES = {
    **{".csv": "csv", ".tsv": "csv", ".tab": "csv", ".psv": "csv"},
    **{".json": "json", ".jsonl": "json", ".ndjson": "json"},
    **{".parquet": "parquet", ".pq": "parquet", ".orc": "orc"},
    **{".tfrecord": "tfrecord", ".tfrecords": "tfrecord", ".tfrec": "tfrecord"},
}
# Number of a file among those of a data set, in TensorFlow's style: train.tfrecord-00000-of-00010.
PART_OF = re.compile(r"-\d+-of-\d+$")


def format_from_name(name: str) -> str | None:
    """Return the format that a file's name indicates, compressed or not; None if it indicates none."""
    return SUFFIXES.get(Path(PART_OF.sub("", COMPRESSED.sub("", name))).suffix.lower())


def open_reader(path: Path, name: str, table_format: str, wanted: Sequence[str], options: ReaderOptions) -> TableReader:
    """Return the reader of one file.

    Args:
        path: the file.
        name: path of the file for ranges, relative to the source's folder.
        table_format: csv, json, parquet, orc, tfrecord, or delta, whose files are Parquet.
        wanted: names of the columns to read.

    Raises:
        ConfigurationError: the file lacks a column.
        DataError: the file cannot be read.
    """
    if table_format == "csv":
        return CsvReader(path, name, wanted, options)
    if table_format == "json":
        return JsonReader(path, name, wanted, options)
    if table_format == "tfrecord":
        return TfrecordReader(path, name, wanted)
    return ColumnarReader(path, name, wanted, "parquet" if table_format == "delta" else table_format)


__all__ = ["ColumnarReader", "Row", "RowRange", "TableReader", "cell_to_text", "format_from_name", "open_reader"]
