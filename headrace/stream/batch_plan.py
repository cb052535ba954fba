"""Assign rows to ranks and steps by pure arithmetic over row counts, known before training.

The shards of a split, shuffled in every epoch, form one long sequence of rows. It is cut into a fixed number of
lanes of equal length (to within one row). Each step takes the next rows of every lane, and every rank reads an equal
share of the lanes. So the global sequence of batches depends on the seed, the epoch, the global batch and the number
of lanes, but not on the number of ranks; every rank has the same number of steps; each row is read once per epoch;
and only the last step can be incomplete.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

MAX_LANES = 16


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The reading order of one split, for every epoch and any number of ranks.

    Attributes:
        shard_rows: rows of each shard, by shard number.
        global_batch: rows per step over all ranks, a multiple of `lanes`.
        lanes: number of lanes, a multiple of the number of ranks.
        seed: seed of the shuffle.
        shuffle: whether shards and rows are shuffled; False reads them in stored order, as evaluation does.
    """

    shard_rows: tuple[int, ...]
    global_batch: int
    lanes: int
    seed: int = 0
    shuffle: bool = True

    def __post_init__(self) -> None:
        if not self.shard_rows or min(self.shard_rows) < 1:
            raise ValueError("a plan needs at least one shard, each of at least one row")
        if self.lanes < 1 or self.global_batch % self.lanes:
            raise ValueError(f"{self.lanes} lanes do not divide the global batch of {self.global_batch}")

    @cached_property
    def rows(self) -> int:
        """Rows per epoch."""
        return sum(self.shard_rows)

    @property
    def steps(self) -> int:
        """Steps per epoch, the same on every rank; the last may be padded."""
        return math.ceil(self.rows / self.global_batch)

    @property
    def lane_batch(self) -> int:
        """Rows of one lane per step."""
        return self.global_batch // self.lanes

    def lane_rows(self, lane: int, steps: range) -> int:
        """Return the number of rows of `lane` in `steps`; only the last step of an epoch can have fewer."""
        begin, end = (self.rows * edge // self.lanes for edge in (lane, lane + 1))
        return max(0, min(len(steps) * self.lane_batch, end - begin - steps.start * self.lane_batch))

    def rows_until(self, step: int) -> int:
        """Return the number of rows, without padding, of the first `step` steps of a run, over all ranks."""
        # Only the last step of an epoch is padded.
        epochs, steps = divmod(step, self.steps)
        return epochs * self.rows + steps * self.global_batch


@dataclass(frozen=True, kw_only=True)
class Segment:
    """Consecutive rows of one shard that one lane reads.

    Attributes:
        shard: number of the shard.
        lane: index of the lane, 0 to `lanes` - 1.
        first_step: step that needs the first row.
        start, stop: positions in the shard's row order of this epoch (see `row_order`), `stop` exclusive.
    """

    shard: int
    lane: int
    first_step: int
    start: int
    stop: int


def lanes_for(ranks: int, batch_size: int) -> int:
    """Return the number of lanes for `ranks` of `batch_size` rows each: at most 16, or one per rank for more ranks.

    It is the largest divisor of the global batch up to 16 if the number of ranks divides that, so that 1, 2, 4 and 8
    ranks get the same lanes at the same global batch whenever possible.
    """
    lanes = _largest_divisor(ranks * batch_size, MAX_LANES)
    if lanes % ranks == 0:
        return lanes
    return ranks * _largest_divisor(batch_size, max(1, MAX_LANES // ranks))


def segments(plan: Plan, epoch: int, lanes: range, from_step: int = 0) -> list[Segment]:
    """Return the segments that `lanes` read from `from_step` to the epoch's end, in order of need."""
    order = _shard_order(plan, epoch)
    ends = np.cumsum(np.asarray(plan.shard_rows, dtype=np.int64)[order])
    unsorted = [segment for lane in lanes for segment in _lane_segments(plan, lane, order, ends, from_step)]
    # The sort is stable: a lane's segments stay in the lane's order.
    return sorted(unsorted, key=lambda segment: (segment.first_step, segment.lane))


def rank_lanes(plan: Plan, rank: int, world_size: int) -> range:
    """Return the lanes that `rank` of `world_size` reads.

    Raises:
        ValueError: the lanes cannot be divided evenly among the ranks.
    """
    if plan.lanes % world_size:
        raise ValueError(f"{plan.lanes} lanes cannot be divided evenly among {world_size} ranks")
    share = plan.lanes // world_size
    return range(rank * share, (rank + 1) * share)


def row_order(plan: Plan, epoch: int, shard: int) -> NDArray[np.int64]:
    """Return the rows of `shard` in the order in which this epoch reads them, (rows of the shard,)."""
    rows = plan.shard_rows[shard]
    return _random(plan.seed, epoch, shard + 1).permutation(rows) if plan.shuffle else np.arange(rows)


def step_order(plan: Plan, epoch: int, steps: range) -> NDArray[np.int64]:
    """Return a random order of `steps` whose rows were grouped by length, as indices (len(steps),).

    The last step of an epoch, which may be padded, stays last.
    """
    shuffled = len(steps) - (steps.stop == plan.steps)
    # Negative, to differ from the keys of shards and rows.
    order = _random(plan.seed, epoch, -1 - steps.start).permutation(shuffled)
    return np.concatenate([order, np.arange(shuffled, len(steps))])


def _shard_order(plan: Plan, epoch: int) -> NDArray[np.int64]:
    shards = len(plan.shard_rows)
    return _random(plan.seed, epoch, 0).permutation(shards) if plan.shuffle else np.arange(shards)


def _lane_segments(
    plan: Plan, lane: int, order: NDArray[np.int64], ends: NDArray[np.int64], from_step: int
) -> list[Segment]:
    begin, end = (plan.rows * edge // plan.lanes for edge in (lane, lane + 1))
    row = begin + from_step * plan.lane_batch
    lane_segments = []
    index = int(np.searchsorted(ends, row, side="right"))
    while row < end:
        shard = int(order[index])
        shard_begin, stop = int(ends[index]) - plan.shard_rows[shard], min(int(ends[index]), end)
        first_step = (row - begin) // plan.lane_batch
        lane_segments.append(
            Segment(shard=shard, lane=lane, first_step=first_step, start=row - shard_begin, stop=stop - shard_begin)
        )
        row, index = stop, index + 1
    return lane_segments


def _random(*key: int) -> np.random.Generator:
    # Two 32-bit words per part, so that large and negative seeds get their own sequences.
    words = [(part >> shift) & 0xFFFFFFFF for part in key for shift in (0, 32)]
    return np.random.default_rng(np.random.SeedSequence(words))


def _largest_divisor(number: int, limit: int) -> int:
    return next(divisor for divisor in range(min(limit, number), 0, -1) if number % divisor == 0)
