"""What is refused before Petastorm opens it: files that are not the ones that were written, and files that run code."""

import hashlib
from functools import cache
from pathlib import Path

from headrace.errors import DataError
from headrace.table import Shard

PICKLED_SCHEMA_FILES = ("_common_metadata", "_metadata")


@cache
def verify(table: Path, shard: Shard) -> None:
    """Raise unless the shard's content is the one that was written; done once in a process for each shard.

    Raises:
        DataError: it is not, or cannot be read.
    """
    path = table / shard.path
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(
            f"The shard {shard.path} of {table} cannot be read ({error.strerror}). "
            "Restore the file, or prepare the table again."
        ) from error
    if not path.stem.endswith(f"-{digest}"):
        raise DataError(
            f"The shard {shard.path} of {table} was changed after it was written: its SHA-256 is {digest}, not the one "
            "in its name. Restore the file, or prepare the table again."
        )


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
