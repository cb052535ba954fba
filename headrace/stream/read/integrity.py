"""What is refused: files that are not the ones that were written, and files that run code."""

import hashlib
import os
from pathlib import Path

import pyarrow as pa

from headrace.errors import DataError
from headrace.storage import is_remote
from headrace.table import Shard

PICKLED_SCHEMA_FILES = ("_common_metadata", "_metadata")

# What the file system said of each shard when its content was found to be right, in this process.
_verified: dict[Path, tuple[int, ...]] = {}


def open_verified(table: Path, shard: Shard) -> pa.NativeFile:
    """The shard's file, whose content is the one that was written.

    The SHA-256 of the whole file is compared with the one in its name when the process opens it first, and again
    whenever the file system says that it was changed. What is parsed then are the very bytes that were hashed.
    (pyarrow 14 can neither write nor verify the checksums of Parquet pages.)

    Raises:
        DataError: it is not the same, or cannot be read.
    """
    path = table / shard.path
    if is_remote(path):
        return _fetched(table, shard)
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


def _fetched(table: Path, shard: Shard) -> pa.NativeFile:
    """Of a store: one request for all of it, hashed each time."""
    try:
        data = (table / shard.path).read_bytes()
    except OSError as error:
        raise _unreadable(table, shard, error) from error
    _require_same(table, shard, hashlib.sha256(data).hexdigest())
    return pa.BufferReader(data)


def check_rows(table: Path, shard: Shard, rows: int) -> None:
    """Raise unless as many `rows` were read as the log has.

    Raises:
        DataError: there are more or fewer.
    """
    if rows != shard.rows:
        raise DataError(
            f"The shard {shard.path} of {table} gave {rows} rows where its log says {shard.rows}; "
            "it is not the shard that was committed. Prepare the table again."
        )


def refuse_pickled_schema(table: Path) -> None:
    """Raise if `table` carries a schema file that Petastorm would unpickle, and so run.

    Raises:
        DataError: it does.
    """
    for name in PICKLED_SCHEMA_FILES:
        found = next((path for pattern in (name, f"*/{name}") for path in table.glob(pattern)), None)
        if found is not None:
            raise DataError(
                f"{found} is a Petastorm schema file; reading it can run code that it carries, so the table is "
                "refused. Headrace writes none: remove the file if you trust where the table comes from."
            )


def _state(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


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
