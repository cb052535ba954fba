"""Data sets in the layout that Petastorm materialises, with its own schema classes but without the complete Petastorm.

The whole of Petastorm needs pyarrow < 15; its `unischema` and `codecs` do not.
"""

import io
import pickle
from collections.abc import Callable, Mapping, Sequence, Sized
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from headrace.prepare.sources.tables.petastorm_datasets.petastorm_codec_resolution import FILE, KEY
from headrace.stream.petastorm_import import without_initialization

with without_initialization():
    from petastorm.codecs import CompressedImageCodec, CompressedNdarrayCodec, NdarrayCodec, ScalarCodec
    from petastorm.unischema import Unischema, UnischemaField

__all__ = [
    "CompressedImageCodec",
    "CompressedNdarrayCodec",
    "NdarrayCodec",
    "ScalarCodec",
    "Unischema",
    "UnischemaField",
    "array_bytes",
    "load_schema",
    "pickle_schema",
    "read_whole",
    "write_data_set",
    "write_metadata",
]


Found = TypeVar("Found", bound=Sized)


def read_whole(read: Callable[[], Found], rows: int) -> Found:
    """Return what `read` returns with a reader of Petastorm's, once it has all `rows`.

    Its readers can report the end while files are still unread, most often before the first of a few
    (`tests/stream/test_early_end.py`); so the rows must be counted. There are never too many.
    """
    for _ in range(50):
        found = read()
        assert len(found) <= rows
        if len(found) == rows:
            return found
    raise AssertionError(f"fifty readers in a row ended before {rows} rows; the last gave {len(found)}")


def pickle_schema(schema: Any, protocol: int | None = None) -> bytes:
    """Return the schema as `materialize_dataset` pickles it."""
    with without_initialization():
        return pickle.dumps(schema, protocol)


def load_schema(pickled: bytes) -> Any:
    """Load a schema with Python's own pickle."""
    with without_initialization():
        return pickle.loads(pickled)


def array_bytes(array: np.ndarray[Any, Any], compressed: bool = False) -> bytes:
    """Return the bytes that NdarrayCodec or CompressedNdarrayCodec writes of `array`."""
    buffer = io.BytesIO()
    if compressed:
        np.savez_compressed(buffer, arr=array)
    else:
        np.save(buffer, array)
    return buffer.getvalue()


def write_metadata(folder: Path, schema: pa.Schema, pickled: bytes) -> None:
    """Write the file that Petastorm puts beside the rows."""
    pq.write_metadata(schema.with_metadata({KEY: pickled}), folder / FILE)


def write_data_set(
    folder: Path, schema: Any, rows: Sequence[Mapping[str, Any]], partition: str | None = None, files: int = 2
) -> Path:
    """Write `rows`, whose cells are encoded, in `files` Parquet files of small row groups, as Spark leaves them."""
    folder.mkdir(parents=True)
    (folder / "_SUCCESS").touch()
    for number in range(files):
        part = list(rows[number::files])
        for value in sorted({str(row[partition]) for row in part}) if partition else [None]:
            here = [row for row in part if partition is None or str(row[partition]) == value]
            place = folder if value is None else folder / f"{partition}={value}"
            place.mkdir(exist_ok=True)
            stored = pa.Table.from_pylist([{k: v for k, v in row.items() if k != partition} for row in here])
            pq.write_table(stored, place / f"part-{number:05d}.snappy.parquet", row_group_size=4)
    write_metadata(folder, stored.schema, pickle_schema(schema))
    return folder
