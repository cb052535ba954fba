"""Petastorm, in one place: the shards of one rank, read in a given order.

Petastorm's own sharding, shuffling and schema files stay unused. It is handed an explicit list of files, in
the order in which the plan needs them, and one worker, so that they arrive in that order while the next ones
are read ahead.
"""

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from petastorm import make_batch_reader

from headrace.errors import DataError
from headrace.table import Shard

# Petastorm reaches, also from its threads, for names that pyarrow 14 has deprecated; nothing a user can mend.
warnings.filterwarnings("ignore", category=FutureWarning, module="petastorm")
# It tells of every reader that its schema had to be inferred, which is how Headrace wants it.
logging.getLogger("petastorm").setLevel(logging.WARNING)

Columns = Mapping[str, NDArray[np.generic]]

READ_AHEAD = 3
PICKLED_SCHEMA_FILES = ("_common_metadata", "_metadata")


def read_shards(table: Path, shards: Sequence[Shard], columns: Sequence[str]) -> Iterator[Columns]:
    """The named columns of each shard, one mapping a shard, in the order of `shards`.

    Strings are NumPy strings, binary values Python bytes in an object array. At most a few shards are in memory.

    Raises:
        DataError: a shard is missing or damaged, has another number of rows than the log says, or the table's
            folder carries a pickled Petastorm schema.
    """
    refuse_pickled_schema(table)
    # Petastorm takes the path of a URL as it stands: nothing may be percent-encoded.
    urls = [f"file://{(table / shard.path).absolute()}" for shard in shards]
    try:
        yield from _read(table, shards, urls, columns)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"A shard of {table} is missing or damaged: {error}. Prepare the table again.") from error


def _read(table: Path, shards: Sequence[Shard], urls: list[str], columns: Sequence[str]) -> Iterator[Columns]:
    reader = make_batch_reader(
        urls,
        schema_fields=list(columns),
        reader_pool_type="thread",
        workers_count=1,
        results_queue_size=READ_AHEAD,
        shuffle_row_groups=False,
        num_epochs=1,
    )
    try:
        read = 0
        for read, batch in enumerate(reader, start=1):
            rows = batch._asdict()
            _check_rows(table, shards[read - 1], len(next(iter(rows.values()))))
            yield rows
        if read != len(shards):
            raise DataError(f"Petastorm gave {read} of {len(shards)} shards of {table}; training on a part is refused.")
    finally:
        # Not `with reader`: leaving that prints a line to standard output.
        reader.stop()
        reader.join()


def _check_rows(table: Path, shard: Shard, rows: int) -> None:
    if rows != shard.rows:
        raise DataError(
            f"The shard {shard.path} of {table} gave {rows} rows where its log says {shard.rows}; "
            "it was changed after it was written. Prepare the table again."
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
