"""Which rows a rank saw in a step: read again, as the order of rows is arithmetic."""

from dataclasses import replace

from headrace.stream.batches import RankStream


def row_ids(stream: RankStream, epoch: int, step: int, identity: str = "path") -> list[str]:
    """The rows of `step` of `epoch` (both 0-based, the step within its epoch) on the stream's rank, in order.

    Args:
        identity: the column that tells what a row was made of, such as a file's path.

    Raises:
        DataError: a shard is missing or damaged.
    """
    columns = dict.fromkeys((*stream.columns, identity))
    rows, weights = next(iter(replace(stream, columns=tuple(columns)).epoch(epoch, step)))
    return [str(value) for value in rows[identity][weights > 0]]
