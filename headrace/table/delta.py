"""Opening what may be a Delta table: anything else at its place is one clear sentence."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from headrace.errors import DataError, StoreError
from headrace.storage import S3Path, is_remote
from headrace.storage.s3.environment import delta_options
from headrace.storage.s3.errors import describe

# `deltalake` reads %20 in a folder's name as a space, \ as / and what follows # or ? as no part of it.
UNNAMEABLE = re.compile(r"%[0-9A-Fa-f]{2}|[#?\\\x00-\x1f\x7f\ud800-\udfff]")
# What preparations that did not get as far as the log may have left in a table's folder.
LEFT_BEHIND = re.compile(r"\..*|_delta_log|_headrace|split=.*|.*-[0-9a-f]{64}\.parquet")

# A store that fails in the middle of a log makes `deltalake`'s readers panic, and what the store said is lost.
OF_STORE = re.compile("panicked|Generic S3 error")


def open_delta(table: Path, number: int | None = None) -> DeltaTable | None:
    """Version `number` of the Delta table at `table`, the newest when None; None where there is no table.

    Raises:
        DataError: there is a file, the log is damaged, the version is gone, or the name cannot be a table's.
    """
    absolute, options = delta_address(table)
    if UNNAMEABLE.search(absolute):
        raise DataError(f"{absolute!r} cannot be a table: its name may hold no #, ?, \\, %XX or control characters.")
    if table.exists() and not table.is_dir():
        raise DataError(f"{table} is a file; expected the folder of a table.")
    try:
        if not DeltaTable.is_deltatable(absolute, options):
            return None
        return DeltaTable(absolute, version=number, storage_options=options)
    except (DeltaError, OSError) as error:
        refuse_store(table, error)
        wanted = "The log" if number is None else f"Version {number}"
        raise DataError(f"{wanted} of the table {table} cannot be read: {first_line(error)}") from error


def delta_address(table: Path) -> tuple[str, dict[str, str] | None]:
    """What `deltalake` calls a table, and how it reaches it; nothing to tell of folders of this machine."""
    return str(table.absolute()), delta_options() if is_remote(table) else None


def refuse_store(table: Path, error: Exception) -> None:
    """Where the table is in a store, and that is why, say so.

    Raises:
        StoreError: it is.
    """
    if isinstance(table, S3Path) and (isinstance(error, OSError) or OF_STORE.search(str(error))):
        raise StoreError(describe(table.bucket, table.key, one_line(error))) from error


@contextmanager
def of_store(table: Path) -> Iterator[None]:
    """What is asked of the log of `table` in this block.

    Raises:
        StoreError: its store refuses, or does not answer.
    """
    try:
        yield
    except (DeltaError, OSError) as error:
        refuse_store(table, error)
        raise


def require_empty(table: Path) -> None:
    """Make sure that a new table at `table` would not be mixed with other files.

    Raises:
        DataError: the folder holds something that no preparation has left there.
    """
    if table.exists():
        foreign = [entry.name for entry in table.iterdir() if not LEFT_BEHIND.fullmatch(entry.name)]
        if foreign:
            raise DataError(f"{table} holds other files, such as {min(foreign)!r}; expected a new folder or a table.")


def first_line(error: Exception) -> str:
    """The message without the trace that Rust appends."""
    return str(error).strip().split("\n")[0]


def one_line(error: Exception) -> str:
    """The message with all its causes, without the arrows and colours that Rust puts before them."""
    return ": ".join(filter(None, (line.strip() for line in re.sub(r"\x1b\[\d+m|↳", "", str(error)).split("\n"))))
