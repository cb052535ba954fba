"""Reject shards that were modified, and tables with pickled files."""

import hashlib
import os
from pathlib import Path

import pyarrow as pa

from headrace.errors import DataError
from headrace.storage import is_remote
from headrace.table import Shard
from headrace.wording import quantity

PICKLED_SCHEMA_FILES = ("_common_metadata", "_metadata")

# File system state of each shard whose content was verified in this process.
_verified: dict[Path, tuple[int, ...]] = {}


def open_verified(table: Path, shard: Shard) -> pa.NativeFile:
    """Open the file of `shard` after verifying that its content is unchanged.

    The SHA-256 of the whole file is compared with the one in its name when the process first opens it, and again
    after the file system reports a change. The bytes that are parsed then are the bytes that were hashed.
    (pyarrow 14 can neither write nor verify checksums of Parquet pages.)

    Raises:
        DataError: the file was changed, or cannot be read.
    """
    path = table / shard.path
    if is_remote(path):
        return _download(table, shard)
    try:
        file = path.open("rb")
    except OSError as error:
        raise _unreadable(table, shard, error) from error
    with file:
        state = _state(os.fstat(file.fileno()))
        if _verified.get(path) == state:
            return pa.OSFile(os.fsencode(path))
        try:
            data = file.read()
        except OSError as error:
            raise _unreadable(table, shard, error) from error
    _require_same(table, shard, hashlib.sha256(data).hexdigest())
    _verified[path] = state
    return pa.BufferReader(data)


def _download(table: Path, shard: Shard) -> pa.NativeFile:
    """Download a shard from an object store in one request; it is hashed every time."""
    try:
        data = (table / shard.path).read_bytes()
    except OSError as error:
        raise _unreadable(table, shard, error) from error
    _require_same(table, shard, hashlib.sha256(data).hexdigest())
    return pa.BufferReader(data)


def check_rows(table: Path, shard: Shard, rows: int) -> None:
    """Raise unless the shard's number of rows equals the one in the log.

    Raises:
        DataError: the numbers differ.
    """
    if rows != shard.rows:
        raise DataError(
            f"The shard {shard.path} of {table} has {quantity(rows, 'row')}, but the table's log says {shard.rows}; "
            "it is not the shard that was committed. Prepare the table again."
        )


def refuse_pickled_schema(table: Path) -> None:
    """Raise if `table` has a schema file that Petastorm would unpickle, which can run code.

    Raises:
        DataError: there is such a file.
    """
    for name in PICKLED_SCHEMA_FILES:
        path = next((path for pattern in (name, f"*/{name}") for path in table.glob(pattern)), None)
        if path is not None:
            raise DataError(
                f"{path} is a pickled Petastorm schema; reading it can run code, so the table is refused. "
                "Headrace writes no such file: remove it if you trust the table's origin."
            )


def _state(stat: os.stat_result) -> tuple[int, ...]:
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _require_same(table: Path, shard: Shard, digest: str) -> None:
    if digest != shard.path.removesuffix(".parquet")[-64:]:
        raise DataError(
            f"The shard {shard.path} of {table} was changed after it was written: its SHA-256 is {digest}, not the one "
            "in its name. Restore the file, or prepare the table again."
        )


def _unreadable(table: Path, shard: Shard, error: OSError) -> DataError:
    return DataError(
        f"The shard {shard.path} of {table} cannot be read ({error.strerror}). "
        "Restore the file, or prepare the table again."
    )
