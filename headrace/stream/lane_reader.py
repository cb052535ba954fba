"""Read the shards of a lane in the order of the plan, ahead of the batches."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from headrace.stream.batch_plan import Plan, Segment, row_order, segments
from headrace.stream.read.binary_columns_and_row_selection import Columns, take_rows


class ReadSchedule(NamedTuple):
    """The segments that the lanes need in one epoch.

    Attributes:
        by_shard: segments of each shard, in reading order.
        by_lane: segments of each lane, in reading order.
    """

    by_shard: dict[int, list[Segment]]
    by_lane: dict[int, deque[Segment]]


class LaneReader:
    """Reads the rows of some lanes over consecutive epochs.

    The caller reads the shards that `shards` yields, some ahead of need, and passes their contents to `take`.

    Args:
        plan: plan of the split.
        lanes: lanes to read.
        starts: epochs to read, each with its first step.
    """

    def __init__(self, plan: Plan, lanes: range, starts: Sequence[tuple[int, int]]) -> None:
        self._plan = plan
        self._lanes = lanes
        self._starts = dict(starts)
        self._schedules: dict[int, ReadSchedule] = {}
        self._pending: deque[tuple[int, int]] = deque()
        self._buffers: dict[tuple[int, int, int], Columns] = {}
        self._offset: dict[int, int] = defaultdict(int)

    def shards(self) -> Iterator[int]:
        """Yield the shards to read, each once per epoch, in the order in which their first rows are needed."""
        for epoch in self._starts:
            for shard in self._schedule(epoch).by_shard:
                self._pending.append((epoch, shard))
                yield shard

    def take(self, contents: Iterator[Columns], epoch: int, lane: int, rows: int) -> list[Columns]:
        """Return the next `rows` of `lane` in `epoch`, in parts.

        Args:
            contents: contents of the shards, in the order of `shards`; only as many are taken as needed.
            epoch: number of the epoch.
            lane: index of the lane.
            rows: number of rows.
        """
        parts: list[Columns] = []
        queue = self._schedule(epoch).by_lane[lane]
        while rows > 0:
            segment = queue[0]
            offset, length = self._offset[lane], segment.stop - segment.start
            size = min(rows, length - offset)
            columns = self._segment_rows(contents, epoch, segment)
            parts.append(take_rows(columns, slice(offset, offset + size)))
            rows -= size
            self._offset[lane] = (offset + size) % length
            if offset + size == length:
                queue.popleft()
                del self._buffers[epoch, segment.shard, lane]
        return parts

    def finish(self, epoch: int) -> None:
        """Drop the schedule of `epoch`."""
        self._schedules.pop(epoch, None)

    def _schedule(self, epoch: int) -> ReadSchedule:
        if epoch not in self._schedules:
            schedule = ReadSchedule(defaultdict(list), defaultdict(deque))
            for segment in segments(self._plan, epoch, self._lanes, self._starts[epoch]):
                schedule.by_shard[segment.shard].append(segment)
                schedule.by_lane[segment.lane].append(segment)
            self._schedules[epoch] = schedule
        return self._schedules[epoch]

    def _segment_rows(self, contents: Iterator[Columns], epoch: int, segment: Segment) -> Columns:
        while (epoch, segment.shard, segment.lane) not in self._buffers:
            columns = next(contents)
            shard_epoch, shard = self._pending.popleft()
            order = row_order(self._plan, shard_epoch, shard)
            for part in self._schedule(shard_epoch).by_shard[shard]:
                self._buffers[shard_epoch, shard, part.lane] = take_rows(columns, order[part.start : part.stop])
        return self._buffers[epoch, segment.shard, segment.lane]
