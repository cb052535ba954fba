"""Batches of one rank: rows read shard by shard, put in the plan's order, cut into steps, padded at the end."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headrace.stream.plan import Plan, Segment, lanes_of, row_order, segments
from headrace.stream.reader import Columns, read_shards
from headrace.table import Shard


@dataclass(frozen=True, kw_only=True)
class RankStream:
    """What one rank reads of one split.

    Attributes:
        shards: in the order of `plan.shard_rows`.
        columns: of the table, to read.
    """

    table: Path
    shards: Sequence[Shard]
    columns: Sequence[str]
    plan: Plan
    rank: int = 0
    world_size: int = 1

    @property
    def batch_size(self) -> int:
        """Rows a step on this rank."""
        return self.plan.global_batch // self.world_size

    def epoch(self, epoch: int, from_step: int = 0) -> Iterator[tuple[Columns, NDArray[np.float32]]]:
        """Each step's columns and its row weights: 1 for a row, 0 for padding (which repeats a row).

        Raises:
            DataError: a shard is missing, damaged, or not as long as the log says.
        """
        lanes = lanes_of(self.plan, self.rank, self.world_size)
        source = _Rows(self, epoch, segments(self.plan, epoch, lanes, from_step))
        for step in range(from_step, self.plan.steps):
            parts = [part for lane in lanes for part in source.take(lane, self._rows_of(lane, step))]
            rows = {name: np.concatenate([part[name] for part in parts]) for name in self.columns} if parts else None
            yield _padded(rows, self.batch_size) if rows else (self._filler(), np.zeros(self.batch_size, np.float32))
        source.finish()

    def _filler(self) -> Columns:
        """A step of padding only, for a rank that has no row in the last step: the table's first row, repeated."""
        first = next(read_shards(self.table, self.shards[:1], self.columns))
        return {name: values[:1].repeat(self.batch_size) for name, values in first.items()}

    def _rows_of(self, lane: int, step: int) -> int:
        """How many rows `lane` has for `step`."""
        begin, end = (self.plan.rows * edge // self.plan.lanes for edge in (lane, lane + 1))
        return max(0, min(self.plan.lane_batch, end - begin - step * self.plan.lane_batch))


class _Rows:
    """Rows of the lanes of one rank, read when they are first needed."""

    def __init__(self, stream: RankStream, epoch: int, wanted: Sequence[Segment]) -> None:
        self._stream = stream
        self._epoch = epoch
        self._of_shard: dict[int, list[Segment]] = defaultdict(list)
        for segment in wanted:
            self._of_shard[segment.shard].append(segment)
        # A shard is read once, when the first of its segments is needed; dicts keep that order.
        self._pending = deque(self._of_shard)
        shards = [stream.shards[shard] for shard in self._pending]
        self._read = read_shards(stream.table, shards, stream.columns) if shards else iter(())
        self._arrived: dict[tuple[int, int], Columns] = {}
        self._lanes: dict[int, deque[Segment]] = defaultdict(deque)
        for segment in wanted:
            self._lanes[segment.lane].append(segment)
        self._offset: dict[int, int] = defaultdict(int)

    def take(self, lane: int, count: int) -> list[Columns]:
        """The next `count` rows of `lane`, in one or more parts."""
        parts: list[Columns] = []
        while count > 0:
            segment = self._lanes[lane][0]
            rows = self._rows(segment)
            offset = self._offset[lane]
            taken = min(count, segment.stop - segment.start - offset)
            parts.append({name: values[offset : offset + taken] for name, values in rows.items()})
            self._advance(lane, segment, offset + taken)
            count -= taken
        return parts

    def finish(self) -> None:
        """Read to the end, so that a row too many or too few is noticed."""
        for _ in self._read:
            pass

    def _advance(self, lane: int, segment: Segment, offset: int) -> None:
        self._offset[lane] = offset
        if offset == segment.stop - segment.start:
            self._lanes[lane].popleft()
            del self._arrived[segment.shard, lane]
            self._offset[lane] = 0

    def _rows(self, segment: Segment) -> Columns:
        while (segment.shard, segment.lane) not in self._arrived:
            shard = self._pending.popleft()
            columns = next(self._read)
            order = row_order(self._stream.plan, self._epoch, shard)
            for part in self._of_shard.pop(shard):
                chosen = order[part.start : part.stop]
                self._arrived[shard, part.lane] = {name: values[chosen] for name, values in columns.items()}
        return self._arrived[segment.shard, segment.lane]


def _padded(rows: Columns, size: int) -> tuple[Columns, NDArray[np.float32]]:
    present = len(next(iter(rows.values())))
    weights = np.zeros(size, dtype=np.float32)
    weights[:present] = 1.0
    if present == size:
        return rows, weights
    places = np.minimum(np.arange(size), present - 1)
    return {name: values[places] for name, values in rows.items()}, weights
