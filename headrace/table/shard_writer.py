"""Shards: the Parquet files of a table, written completely or not at all.

A shard is one row group, so that a plan needs only its number of rows, which the log holds. Its name contains the
SHA-256 of its bytes, which reveals later changes.
"""

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from headrace.errors import HeadraceError
from headrace.storage.atomic_files_and_folders import atomic_write

BATCH_ROWS = 64


@dataclass(frozen=True, kw_only=True)
class Shard:
    """One Parquet file of a version.

    Attributes:
        path: relative to the table's folder.
        split: `train`, `val` or `test`; empty in tables without splits.
        rows: in the file, at least 1.
        size: of the file in bytes.
        modified: time of writing, milliseconds since 1970.
    """

    path: str
    split: str
    rows: int
    size: int
    modified: int


def write_shard(rows: pa.Table, folder: Path, name: str, split: str = "") -> Shard:
    """Write `rows` below `folder` and return the shard, ready to commit.

    The file appears under its final name only when it is complete and on disk; an attempt that dies leaves at most a
    hidden temporary file.

    Args:
        rows: at least 1, at most 1,000,000: pyarrow would write more as several row groups.

    Raises:
        HeadraceError: the file cannot be written.
    """
    sink = pa.BufferOutputStream()
    pq.write_table(
        rows,
        sink,
        row_group_size=rows.num_rows,
        compression=_compression(rows.schema),
        use_dictionary=["label"] if "label" in rows.column_names else False,
        write_statistics=False,
        # Small batches fill pages of images on demand; otherwise they grow to a thousand rows and are copied.
        write_batch_size=BATCH_ROWS,
    )
    data = sink.getvalue()
    digest = hashlib.sha256(data).hexdigest()
    relative = Path(f"split={split}" if split else ".") / f"{name}-{digest}.parquet"
    try:
        atomic_write(folder / relative, memoryview(data))
    except OSError as error:
        raise HeadraceError(
            f"A shard of {len(data)} bytes cannot be written to {folder} ({error.strerror}); nothing was committed. "
            "Free disk space or fix the permissions, then prepare again."
        ) from error
    now = int(time.time() * 1000)
    return Shard(path=str(relative), split=split, rows=rows.num_rows, size=len(data), modified=now)


def _compression(schema: pa.Schema) -> dict[str, str]:
    """Return the compression by column: Zstandard, or none if the column is marked as already compressed."""
    return {field.name: "NONE" if (field.metadata or {}).get(b"compressed") == b"true" else "ZSTD" for field in schema}
