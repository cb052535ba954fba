"""Batches of one rank: rows read shard by shard, put in the plan's order, cut into steps, padded at the end."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headrace.stream.lanes import BatchAssembler, Block, LaneReader
from headrace.stream.petastorm import CacheBase, NullCache
from headrace.stream.plan import Plan, rank_lanes
from headrace.stream.read.columns import Columns, concat_rows, take_rows
from headrace.stream.read.shards import read_shards
from headrace.stream.stage_timer import StageTimer
from headrace.table import Shard

# Steps are made several at a time, which spares Python's time; so many at most, and of so many stored bytes.
BLOCK_STEPS = 16
BLOCK_BYTES = 8_000_000


@dataclass(frozen=True, kw_only=True)
class RankStream:
    """What one rank reads of one split.

    Attributes:
        shards: in the order of `plan.shard_rows`.
        columns: of the table, to read.
        grouped_by: a binary column; rows of similar length come in the same step, if the plan shuffles.
        group_steps: steps whose rows are grouped with each other.
        cache: keeps shards that were read.
        watch: is told how long the rows of a shard were waited for.
    """

    table: Path
    shards: Sequence[Shard]
    columns: Sequence[str]
    plan: Plan
    rank: int = 0
    world_size: int = 1
    grouped_by: str | None = None
    group_steps: int = 32
    cache: CacheBase = field(default_factory=NullCache)
    watch: StageTimer | None = None

    @property
    def batch_size(self) -> int:
        """Rows a step on this rank."""
        return self.plan.global_batch // self.world_size

    @property
    def lanes(self) -> range:
        """That this rank reads."""
        return rank_lanes(self.plan, self.rank, self.world_size)

    def epoch(self, epoch: int, from_step: int = 0) -> Generator[tuple[Columns, NDArray[np.float32]], None, None]:
        """The columns and row weights of each step of one epoch from `from_step` on.

        Raises:
            DataError: a shard is missing, damaged, or not as long as the log says.
        """
        with closing(self.blocks(epoch, from_step, epoch + 1)) as blocks:
            for block in blocks:
                yield from map(block.step, block.steps)

    def blocks(self, epoch: int, from_step: int, epochs: int) -> Generator[Block, None, None]:
        """Every step from `from_step` of `epoch` to the end of epoch `epochs` - 1, a few at a time.

        Shards of which nothing is needed are not opened. The next epoch's are read while this one's end is used.

        Raises:
            DataError: a shard is missing, damaged, or not as long as the log says.
        """
        begins = [(number, self._block_begin(from_step) if number == epoch else 0) for number in range(epoch, epochs)]
        source = LaneReader(self.plan, self.lanes, begins)
        shards = (self.shards[shard] for shard in source.shards())
        with closing(read_shards(self.table, shards, self.columns, self.cache)) as read:
            for number, begin in begins:
                for block in self._blocks(source, self._watched(read), number, begin):
                    yield block.since(from_step) if number == epoch else block
                source.finish(number)

    def _blocks(self, source: LaneReader, read: Iterator[Columns], epoch: int, begin: int) -> Iterator[Block]:
        grouped_by = self.grouped_by if self._grouped else None
        for first in range(begin, self.plan.steps, self._block_steps):
            steps = range(first, min(first + self._block_steps, self.plan.steps))
            of_lanes = [self.plan.lane_rows(lane, steps) for lane in self.lanes]
            wanted = zip(self.lanes, of_lanes, strict=True)
            parts = [part for lane, rows in wanted for part in source.take(read, epoch, lane, rows)]
            dealer = BatchAssembler(plan=self.plan, epoch=epoch, steps=steps, grouped_by=grouped_by)
            yield dealer.assemble(concat_rows(parts) if parts else self._filler(), of_lanes)

    @property
    def _grouped(self) -> bool:
        return self.grouped_by is not None and self.plan.shuffle

    @cached_property
    def _block_steps(self) -> int:
        if self._grouped:
            return self.group_steps
        bytes_a_row = sum(shard.size for shard in self.shards) / self.plan.rows
        rows_a_shard = self.plan.rows / len(self.shards)
        of_bytes, of_shards = BLOCK_BYTES / (bytes_a_row * self.batch_size), rows_a_shard / self.plan.lane_batch
        return max(1, int(min(BLOCK_STEPS, of_bytes, of_shards)))

    def _block_begin(self, step: int) -> int:
        """Rows that were grouped by length with those of earlier steps cannot be told without these."""
        return step - step % self.group_steps if self._grouped else step

    def _watched(self, read: Iterator[Columns]) -> Iterator[Columns]:
        return read if self.watch is None else self.watch.waits("wait for shards", read)

    def _filler(self) -> Columns:
        """For a rank that has no row in the last step: the table's first row."""
        with closing(read_shards(self.table, self.shards[:1], self.columns, self.cache)) as read:
            return take_rows(next(read), slice(0, 1))


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
