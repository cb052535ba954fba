"""The lanes of one rank: their rows in the plan's order, assembled into the steps of a block."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from headrace.stream.plan import Plan, Segment, row_order, segments, step_order
from headrace.stream.read.columns import BinaryColumn, Columns, Places, count, take_rows


@dataclass(frozen=True, kw_only=True)
class Block:
    """Rows of `steps`, one step after the other.

    Attributes:
        rows: of all steps, each as many.
        weights: (steps, rows of a step); 1 for a row, 0 for padding.
    """

    epoch: int
    steps: range
    rows: Columns
    weights: NDArray[np.float32]

    def since(self, first: int) -> "Block":
        """The steps from `first` on."""
        skipped = max(0, first - self.steps.start)
        if not skipped:
            return self
        rows = take_rows(self.rows, slice(skipped * self.weights.shape[1], self.weights.size))
        return Block(epoch=self.epoch, steps=self.steps[skipped:], rows=rows, weights=self.weights[skipped:])

    def step(self, number: int) -> tuple[Columns, NDArray[np.float32]]:
        """The rows of step `number` of the epoch, and their weights."""
        place, size = number - self.steps.start, self.weights.shape[1]
        return take_rows(self.rows, slice(place * size, (place + 1) * size)), self.weights[place]


@dataclass(frozen=True, kw_only=True)
class BatchAssembler:
    """Deals rows to the steps of a block.

    Attributes:
        grouped_by: a binary column; rows of similar length come in the same step. None keeps the plan's order.
    """

    plan: Plan
    epoch: int
    steps: range
    grouped_by: str | None

    def assemble(self, rows: Columns, of_lanes: Sequence[int]) -> Block:
        """A block of `rows`, of which the first `of_lanes[0]` are the first lane's, and so on; at least one row."""
        places = self._places(rows, of_lanes)
        present = places >= 0
        # Padding repeats rows of the block, as many different ones as there are.
        places[~present] = np.arange(np.count_nonzero(~present)) % count(rows)
        in_order = len(of_lanes) == 1 and self.grouped_by is None and present.all()
        return Block(
            epoch=self.epoch,
            steps=self.steps,
            rows=rows if in_order else take_rows(rows, places.ravel()),
            weights=present.reshape(len(self.steps), -1).astype(np.float32),
        )

    def _places(self, rows: Columns, of_lanes: Sequence[int]) -> Places:
        """(steps, lanes, rows of a lane in a step): where each row is, -1 for padding."""
        places = np.full((len(of_lanes), len(self.steps) * self.plan.lane_batch), -1, np.int64)
        begin = 0
        for lane, length in enumerate(of_lanes):
            places[lane, :length] = begin + self._order(rows, slice(begin, begin + length))
            begin += length
        by_step = places.reshape(len(of_lanes), len(self.steps), self.plan.lane_batch).transpose(1, 0, 2)
        return by_step[step_order(self.plan, self.epoch, self.steps)] if self.grouped_by else by_step.copy()

    def _order(self, rows: Columns, lane: slice) -> Places:
        if self.grouped_by is None:
            return np.arange(lane.stop - lane.start)
        return np.argsort(cast(BinaryColumn, rows[self.grouped_by])[lane].lengths, kind="stable")


class ReadSchedule(NamedTuple):
    """What the lanes need in one epoch: of each shard, in the order of reading, and lane by lane."""

    of_shard: dict[int, list[Segment]]
    of_lane: dict[int, deque[Segment]]


class LaneReader:
    """Rows of `lanes` over one epoch after another.

    Whoever reads the shards asks `shards` for the next one to read, some ahead of those that `take` is given.

    Args:
        begins: the epochs to read, each with the step to begin with.
    """

    def __init__(self, plan: Plan, lanes: range, begins: Sequence[tuple[int, int]]) -> None:
        self._plan = plan
        self._lanes = lanes
        self._begins = dict(begins)
        self._epochs: dict[int, ReadSchedule] = {}
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
            parts.append(take_rows(found, slice(offset, offset + taken)))
            rows -= taken
            self._offset[lane] = (offset + taken) % length
            if offset + taken == length:
                waiting.popleft()
                del self._arrived[epoch, segment.shard, lane]
        return parts

    def finish(self, epoch: int) -> None:
        """Forget what `epoch` needed."""
        self._epochs.pop(epoch, None)

    def _needs(self, epoch: int) -> ReadSchedule:
        if epoch not in self._epochs:
            needs = ReadSchedule(defaultdict(list), defaultdict(deque))
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
                self._arrived[arrived, shard, part.lane] = take_rows(columns, order[part.start : part.stop])
        return self._arrived[epoch, segment.shard, segment.lane]
