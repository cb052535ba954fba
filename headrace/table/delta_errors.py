"""Translate errors of Delta tables and of the stores below them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deltalake.exceptions import DeltaError

from headrace.errors import StoreError
from headrace.storage import ObjectPath
from headrace.storage.object_stores.error_messages import describe

# How Rust prints the value of a structure, after the sentence of a message.
RUST_STRUCTURE = re.compile(r":?\s\w+ \{ ")
# A store that fails while a log is read makes `deltalake` panic, and the store's own error is lost.
STORE_ERROR = re.compile("panicked|Generic (S3|GCS|MicrosoftAzure) error")


def refuse_store(table: Path, error: Exception) -> None:
    """Raise a StoreError if the table is in a store and `error` comes from that store.

    Raises:
        StoreError: the store refused the request, or did not respond.
    """
    if isinstance(table, ObjectPath) and (isinstance(error, OSError) or STORE_ERROR.search(str(error))):
        raise StoreError(describe(table.bucket, table.key, one_line(error))) from error


@contextmanager
def store_errors(table: Path) -> Iterator[None]:
    """Translate errors of the store while the block reads the log of `table`.

    Raises:
        StoreError: the store refuses the request, or does not respond.
    """
    try:
        yield
    except (DeltaError, OSError) as error:
        refuse_store(table, error)
        raise


def first_line(error: Exception) -> str:
    """Return the message without the trace and the values of structures that Rust appends."""
    return RUST_STRUCTURE.split(str(error).strip().split("\n")[0])[0]


def one_line(error: Exception) -> str:
    """Return the message with all its causes on one line, without Rust's arrows and colours."""
    return ": ".join(filter(None, (line.strip() for line in re.sub(r"\x1b\[\d+m|↳", "", str(error)).split("\n"))))
