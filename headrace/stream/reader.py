"""Petastorm, in one place: the shards of one rank, read in a given order.

Petastorm's own sharding, shuffling and schema files stay unused. It is handed an explicit list of files, in
the order in which the plan needs them, and one worker, so that they arrive in that order while the next ones
are read ahead. It reads no rows of a file whose content is not the one that was written.
"""

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from petastorm import make_batch_reader
from petastorm.reader import Reader

from headrace.errors import DataError
from headrace.stream.integrity import check_rows, refuse_pickled_schema, verify
from headrace.table import Shard

# Petastorm reaches, also from its threads, for names that pyarrow 14 has deprecated; nothing a user can mend.
warnings.filterwarnings("ignore", category=FutureWarning, module="petastorm")
warnings.filterwarnings("ignore", category=FutureWarning, message="pyarrow.localfs")
# It tells of every reader that its schema had to be inferred, which is how Headrace wants it.
logging.getLogger("petastorm").setLevel(logging.WARNING)

Columns = Mapping[str, NDArray[np.generic]]

# One worker has this many shards in work at once; Petastorm hands out no more.
READ_AHEAD = 4
# Room for each of them, its receipt, and an error: a worker that waits for room with an error cannot be stopped.
RESULTS = 2 * READ_AHEAD + 1


def read_shards(table: Path, shards: Sequence[Shard], columns: Sequence[str]) -> Iterator[Columns]:
    """The named columns of each shard, one mapping a shard, in the order of `shards`.

    Strings are NumPy strings, binary values Python bytes in an object array. At most a few shards are in memory.

    Raises:
        DataError: a shard is missing or damaged, has another number of rows than the log says, or the table's
            folder carries a pickled Petastorm schema.
    """
    refuse_pickled_schema(table)
    urls = [_url(table, shard) for shard in shards]
    try:
        yield from _read(table, shards, urls, columns)
    except (OSError, pa.ArrowException) as error:
        # What is raised here does not always say which file it could not open.
        for shard in shards:
            verify(table, shard)
        detail = " ".join(str(error).split())
        raise DataError(f"The shards of {table} cannot be read: {detail}. Prepare the table again.") from error


def _url(table: Path, shard: Shard) -> str:
    path = str((table / shard.path).absolute())
    if any(character in "\t\n\r" or "\ud800" <= character <= "\udfff" for character in path):
        raise DataError(
            f"The path of the table, {str(table)!r}, has a tab, a line break or a byte that is not UTF-8 in it, which "
            "Petastorm cannot open. Move the table."
        )
    # Petastorm takes the path as it stands, nothing may be percent-encoded; of a `file` URL it would drop what
    # follows a `#` or a `?`.
    return f"local://{path}"


def _read(table: Path, shards: Sequence[Shard], urls: list[str], columns: Sequence[str]) -> Iterator[Columns]:
    for shard in shards[: READ_AHEAD - 1]:
        verify(table, shard)
    reader = make_batch_reader(
        urls,
        filesystem=pa.localfs,
        schema_fields=list(columns),
        reader_pool_type="thread",
        workers_count=1,
        results_queue_size=RESULTS,
        shuffle_row_groups=False,
        num_epochs=1,
    )
    try:
        for read, shard in enumerate(shards):
            # Asking for a batch lets Petastorm begin with one more shard.
            for next_one in shards[read + READ_AHEAD - 1 : read + READ_AHEAD]:
                verify(table, next_one)
            batch = _next(reader)
            if batch is None:
                raise DataError(
                    f"Petastorm gave {read} of {len(shards)} shards of {table}; training on a part is refused."
                )
            rows = batch._asdict()
            check_rows(table, shard, len(next(iter(rows.values()))))
            yield rows
    finally:
        # Not `with reader`: leaving that prints a line to standard output.
        reader.stop()
        reader.join()


def _next(reader: Reader) -> Any:
    """The next batch, None at the end.

    Petastorm's pool asks first whether all work that was handed out is done and then whether all was handed out;
    if the last of it is handed out in between, it reports an end with shards still unread (petastorm#447). Asked
    again, it knows better: by then nothing more can be handed out.
    """
    for _ in range(2):
        try:
            return next(reader)
        except StopIteration:
            continue
    return None
