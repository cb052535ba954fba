"""Which rows a rank saw in a step: found again from the plan, without having kept anything."""

from typing import NamedTuple

from headrace.stream.batches import RankStream
from headrace.stream.plan import Plan, lanes_of, row_order, segments
from headrace.stream.reader import read_shards


class RowId(NamedTuple):
    """One row of a table.

    Attributes:
        shard: path of the Parquet file, relative to the table.
        row: place in that file, from 0.
        path: of the raw record that it was made of.
    """

    shard: str
    row: int
    path: str


def row_ids(stream: RankStream, epoch: int, step: int, identity: str = "path") -> list[RowId]:
    """The rows of `step` of `epoch` (both 0-based, within the epoch) on the stream's rank, in order.

    Args:
        identity: the column that tells where a row comes from.
    """
    places = rows_of_step(stream.plan, epoch, step, lanes_of(stream.plan, stream.rank, stream.world_size))
    shards = sorted({shard for shard, _ in places})
    read = read_shards(stream.table, [stream.shards[shard] for shard in shards], [identity])
    paths = {shard: columns[identity] for shard, columns in zip(shards, read, strict=True)}
    return [RowId(stream.shards[shard].path, row, str(paths[shard][row])) for shard, row in places]


def rows_of_step(plan: Plan, epoch: int, step: int, lanes: range) -> list[tuple[int, int]]:
    """(shard, row) of each row that `lanes` give to `step`; padding is left out."""
    found = []
    for lane in lanes:
        wanted = plan.lane_batch
        for segment in segments(plan, epoch, range(lane, lane + 1), step):
            order = row_order(plan, epoch, segment.shard)
            taken = order[segment.start : min(segment.stop, segment.start + wanted)]
            found += [(segment.shard, int(row)) for row in taken]
            wanted -= len(taken)
            if not wanted:
                break
    return found
