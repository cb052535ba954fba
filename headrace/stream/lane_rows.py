"""The rows of one rank's lanes, in the order of the plan, out of shards that arrive one after another."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from headrace.stream.columns import Columns, rows_at
from headrace.stream.plan import Plan, Segment, row_order, segments


class Needs(NamedTuple):
    """What the lanes need in one epoch: of each shard, in the order of reading, and lane by lane."""

    of_shard: dict[int, list[Segment]]
    of_lane: dict[int, deque[Segment]]


class LaneRows:
    """Rows of `lanes` over one epoch after another.

    Whoever reads the shards asks `shards` for the next one to read, some ahead of those that `take` is given.

    Args:
        begins: the epochs to read, each with the step to begin with.
    """

    def __init__(self, plan: Plan, lanes: range, begins: Sequence[tuple[int, int]]) -> None:
        self._plan = plan
        self._lanes = lanes
        self._begins = dict(begins)
        self._epochs: dict[int, Needs] = {}
        self._coming: deque[tuple[int, int]] = deque()
        self._arrived: dict[tuple[int, int, int], Columns] = {}
        self._offset: dict[int, int] = defaultdict(int)

    def shards(self) -> Iterator[int]:
        """The shards to read, each once an epoch, in the order in which their first rows are needed."""
        for epoch in self._begins:
            for shard in self._needs(epoch).of_shard:
                self._coming.append((epoch, shard))
                yield shard

    def take(self, read: Iterator[Columns], epoch: int, lane: int, rows: int) -> list[Columns]:
        """The next `rows` of `lane` in `epoch`, in parts; as many shards are taken from `read` as that needs."""
        parts: list[Columns] = []
        waiting = self._needs(epoch).of_lane[lane]
        while rows > 0:
            segment = waiting[0]
            offset, length = self._offset[lane], segment.stop - segment.start
            taken = min(rows, length - offset)
            found = self._rows(read, epoch, segment)
            parts.append(rows_at(found, slice(offset, offset + taken)))
            rows -= taken
            self._offset[lane] = (offset + taken) % length
            if offset + taken == length:
                waiting.popleft()
                del self._arrived[epoch, segment.shard, lane]
        return parts

    def finish(self, epoch: int) -> None:
        """Forget what `epoch` needed."""
        self._epochs.pop(epoch, None)

    def _needs(self, epoch: int) -> Needs:
        if epoch not in self._epochs:
            needs = Needs(defaultdict(list), defaultdict(deque))
            for segment in segments(self._plan, epoch, self._lanes, self._begins[epoch]):
                needs.of_shard[segment.shard].append(segment)
                needs.of_lane[segment.lane].append(segment)
            self._epochs[epoch] = needs
        return self._epochs[epoch]

    def _rows(self, read: Iterator[Columns], epoch: int, segment: Segment) -> Columns:
        while (epoch, segment.shard, segment.lane) not in self._arrived:
            columns = next(read)
            arrived, shard = self._coming.popleft()
            order = row_order(self._plan, arrived, shard)
            for part in self._needs(arrived).of_shard[shard]:
                self._arrived[arrived, shard, part.lane] = rows_at(columns, order[part.start : part.stop])
        return self._arrived[epoch, segment.shard, segment.lane]
