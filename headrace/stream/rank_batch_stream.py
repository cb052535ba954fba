"""Read the batches of one rank in the order of the plan, padding the last."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headrace.stream.batch_assembly import BatchAssembler, Block
from headrace.stream.batch_plan import Plan, rank_lanes
from headrace.stream.lane_reader import LaneReader
from headrace.stream.petastorm_import import CacheBase, NullCache
from headrace.stream.read.binary_columns_and_row_selection import Columns, concat_rows, take_rows
from headrace.stream.read.ordered_shard_reader import read_shards
from headrace.stream.stage_timer import StageTimer
from headrace.table import Shard

# Steps are assembled in blocks, which saves time in Python: limits in steps and in stored bytes per block.
BLOCK_STEPS = 16
BLOCK_BYTES = 8_000_000


@dataclass(frozen=True, kw_only=True)
class RankStream:
    """The rows of one split that one rank reads.

    Attributes:
        table: folder of the table.
        shards: shards of the split, in the order of `plan.shard_rows`.
        columns: names of the columns to read.
        plan: assignment of rows to ranks and steps.
        rank: index of the rank, 0 to `world_size` - 1.
        world_size: number of ranks.
        grouped_by: binary column by whose length rows are grouped into steps, if the plan shuffles.
        group_steps: number of steps whose rows are grouped together.
        cache: cache of the shards that were read.
        timer: timer of the waits for shards.
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
    timer: StageTimer | None = None

    @property
    def batch_size(self) -> int:
        """Rows per step on this rank."""
        return self.plan.global_batch // self.world_size

    @property
    def lanes(self) -> range:
        """Lanes that this rank reads."""
        return rank_lanes(self.plan, self.rank, self.world_size)

    def epoch(self, epoch: int, from_step: int = 0) -> Generator[tuple[Columns, NDArray[np.float32]], None, None]:
        """Yield the columns and row weights of each step of one epoch, starting at `from_step`.

        Raises:
            DataError: a shard is missing or damaged, or its number of rows differs from the log.
        """
        with closing(self.blocks(epoch, from_step, epoch + 1)) as blocks:
            for block in blocks:
                yield from map(block.step, block.steps)

    def blocks(self, epoch: int, from_step: int, epochs: int) -> Generator[Block, None, None]:
        """Yield every step from `from_step` of `epoch` to the end of epoch `epochs` - 1, in blocks.

        Shards without needed rows are not opened. The next epoch's shards are read while this epoch's last steps are
        in use.

        Raises:
            DataError: a shard is missing or damaged, or its number of rows differs from the log.
        """
        starts = [(number, self._block_start(from_step) if number == epoch else 0) for number in range(epoch, epochs)]
        reader = LaneReader(self.plan, self.lanes, starts)
        shards = (self.shards[shard] for shard in reader.shards())
        with closing(read_shards(self.table, shards, self.columns, self.cache)) as contents:
            for number, start in starts:
                for block in self._blocks(reader, self._timed(contents), number, start):
                    yield block.since(from_step) if number == epoch else block
                reader.finish(number)

    def _blocks(self, reader: LaneReader, contents: Iterator[Columns], epoch: int, start: int) -> Iterator[Block]:
        grouped_by = self.grouped_by if self._is_grouped else None
        filler: Columns | None = None
        for first in range(start, self.plan.steps, self._block_steps):
            steps = range(first, min(first + self._block_steps, self.plan.steps))
            lane_rows = [self.plan.lane_rows(lane, steps) for lane in self.lanes]
            requests = zip(self.lanes, lane_rows, strict=True)
            parts = [part for lane, rows in requests for part in reader.take(contents, epoch, lane, rows)]
            assembler = BatchAssembler(plan=self.plan, epoch=epoch, steps=steps, grouped_by=grouped_by)
            rows = concat_rows(parts) if parts else filler or self._filler()
            filler = take_rows(rows, slice(0, 1))
            yield assembler.assemble(rows, lane_rows)

    @property
    def _is_grouped(self) -> bool:
        return self.grouped_by is not None and self.plan.shuffle

    @cached_property
    def _block_steps(self) -> int:
        if self._is_grouped:
            return self.group_steps
        row_bytes = sum(shard.size for shard in self.shards) / self.plan.rows
        shard_rows = self.plan.rows / len(self.shards)
        steps_by_bytes, steps_by_shard = BLOCK_BYTES / (row_bytes * self.batch_size), shard_rows / self.plan.lane_batch
        return max(1, int(min(BLOCK_STEPS, steps_by_bytes, steps_by_shard)))

    def _block_start(self, step: int) -> int:
        """Return the first step of the block with `step`: grouping by length depends on all rows of the block."""
        return step - step % self.group_steps if self._is_grouped else step

    def _timed(self, contents: Iterator[Columns]) -> Iterator[Columns]:
        return contents if self.timer is None else self.timer.time_waits("wait for shards", contents)

    def _filler(self) -> Columns:
        """Return the table's first row, as padding for a rank that has no rows in any step."""
        with closing(read_shards(self.table, self.shards[:1], self.columns, self.cache)) as contents:
            return take_rows(next(contents), slice(0, 1))


def row_ids(stream: RankStream, epoch: int, step: int, identity: str = "path") -> list[str]:
    """Return the identities of the rows in `step` of `epoch` (both 0-based) on the stream's rank, in order.

    Args:
        stream: rows of the rank.
        epoch: number of the epoch.
        step: number of the step within the epoch.
        identity: column that identifies a row, such as the path of its file.

    Raises:
        DataError: a shard is missing or damaged.
    """
    columns = dict.fromkeys((*stream.columns, identity))
    rows, weights = next(iter(replace(stream, columns=tuple(columns)).epoch(epoch, step)))
    return [str(value) for value in rows[identity][weights > 0]]
