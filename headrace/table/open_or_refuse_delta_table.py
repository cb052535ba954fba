"""Open Delta tables, and refuse paths that hold something else."""

import re
from pathlib import Path

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from headrace.errors import DataError
from headrace.storage import ObjectPath
from headrace.table.delta_errors import first_line, refuse_store

# `deltalake` reads %20 in a folder name as a space, \ as /, and drops everything after # or ?.
UNSUPPORTED_NAME = re.compile(r"%[0-9A-Fa-f]{2}|[#?\\\x00-\x1f\x7f\ud800-\udfff]")
# Left in a table's folder by preparations that failed before their commit.
LEFTOVERS = re.compile(r"\..*|_delta_log|_headrace|split=.*|.*-[0-9a-f]{64}\.parquet")


def open_delta(table: Path, number: int | None = None) -> DeltaTable | None:
    """Open version `number` of the Delta table at `table`, the newest if None; return None if there is no table.

    Raises:
        DataError: `table` is a file or has an unsupported name, the log is damaged, or the version no longer exists.
    """
    absolute, options = delta_address(table)
    if UNSUPPORTED_NAME.search(absolute):
        raise DataError(
            f"{absolute!r} cannot be a table: its name must not contain #, ?, \\, %XX or control characters."
        )
    if table.exists() and not table.is_dir():
        raise DataError(f"{table} is a file; expected the folder of a table.")
    try:
        if not DeltaTable.is_deltatable(absolute, options):
            return None
        return DeltaTable(absolute, version=number, storage_options=options)
    except (DeltaError, OSError) as error:
        refuse_store(table, error)
        _require_version(absolute, options, table, number)
        wanted = "The log" if number is None else f"Version {number}"
        raise DataError(f"{wanted} of the table {table} cannot be read: {first_line(error)}") from error


def _require_version(absolute: str, options: dict[str, str] | None, table: Path, number: int | None) -> None:
    """Raise if the newest version is older than `number`; nothing if there is no `number` or the log cannot be read.

    Raises:
        DataError: it is.
    """
    if number is None:
        return
    try:
        newest = DeltaTable(absolute, storage_options=options).version()
    except (DeltaError, OSError):
        return
    if number > newest:
        raise DataError(f"The table {table} has no version {number}; its newest version is {newest}.")


def delta_address(table: Path) -> tuple[str, dict[str, str] | None]:
    """Return the address of a table for `deltalake`, and its storage options; None for local folders."""
    options = table.bucket.connection.delta_options(table.bucket.name) if isinstance(table, ObjectPath) else None
    return str(table.absolute()), options


def require_empty(table: Path) -> None:
    """Check that a new table at `table` would not be mixed with other files.

    Raises:
        DataError: the folder holds files that no preparation left there.
    """
    if table.exists():
        foreign = [entry.name for entry in table.iterdir() if not LEFTOVERS.fullmatch(entry.name)]
        if foreign:
            raise DataError(f"{table} holds other files, such as {min(foreign)!r}; expected a new folder or a table.")
