"""The plan: which rows go to which rank in which step. Pure arithmetic over row counts, known before training.

The shards of a split, in an order shuffled anew each epoch, form one long sequence of rows. It is cut into a
fixed number of lanes of equal length (to within one row). Step t of the epoch takes the next few rows of every
lane; ranks share the lanes out among themselves. So the global sequence of batches depends on the seed, the
epoch, the global batch and the number of lanes, and not on how many ranks read it; every rank has the same
number of steps; each row is read once an epoch; and the only incomplete step is the last one.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

MAX_LANES = 16


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How one split is read, for every epoch and any number of ranks.

    Attributes:
        shard_rows: rows in each shard; the position in this tuple is the shard's number.
        global_batch: rows in a step over all ranks, a multiple of `lanes`.
        lanes: into which the rows are cut; a multiple of the number of ranks.
        seed: of the shuffling.
        shuffle: False reads the shards and their rows in order, as evaluation does.
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
        """In one epoch."""
        return sum(self.shard_rows)

    @property
    def steps(self) -> int:
        """In one epoch, on every rank; the last may be padded."""
        return math.ceil(self.rows / self.global_batch)

    @property
    def lane_batch(self) -> int:
        """Rows that one lane gives to one step."""
        return self.global_batch // self.lanes

    def lane_rows(self, lane: int, steps: range) -> int:
        """Rows that `lane` has for all of `steps`; only in an epoch's last step can it have fewer than the rest."""
        begin, end = (self.rows * edge // self.lanes for edge in (lane, lane + 1))
        return max(0, min(len(steps) * self.lane_batch, end - begin - steps.start * self.lane_batch))


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A run of rows of one shard that one lane reads.

    Attributes:
        lane: that reads it, 0 to lanes - 1.
        first_step: in which its first row is needed.
        start, stop: places in the shard's row order of this epoch (see `row_order`), `stop` exclusive.
    """

    shard: int
    lane: int
    first_step: int
    start: int
    stop: int


def lanes_for(ranks: int, batch_size: int) -> int:
    """Lanes for `ranks` of `batch_size` rows each: at most 16, or one a rank where there are more ranks.

    The same for 1, 2, 4 and 8 ranks at the same global batch wherever that can be: it is the largest divisor of
    the global batch up to 16 if the ranks divide it.
    """
    lanes = _largest_divisor(ranks * batch_size, MAX_LANES)
    if lanes % ranks == 0:
        return lanes
    return ranks * _largest_divisor(batch_size, max(1, MAX_LANES // ranks))


def segments(plan: Plan, epoch: int, lanes: range, from_step: int = 0) -> list[Segment]:
    """What `lanes` read from `from_step` to the epoch's end, in the order in which it is needed."""
    order = _shard_order(plan, epoch)
    ends = np.cumsum(np.asarray(plan.shard_rows, dtype=np.int64)[order])
    found = [segment for lane in lanes for segment in _lane(plan, lane, order, ends, from_step)]
    # The sort is stable: a lane's segments stay in the lane's order.
    return sorted(found, key=lambda segment: (segment.first_step, segment.lane))


def rank_lanes(plan: Plan, rank: int, world_size: int) -> range:
    """The lanes that `rank` of `world_size` reads.

    Raises:
        ValueError: the lanes cannot be shared out evenly.
    """
    if plan.lanes % world_size:
        raise ValueError(f"{plan.lanes} lanes cannot be shared out evenly among {world_size} ranks")
    share = plan.lanes // world_size
    return range(rank * share, (rank + 1) * share)


def row_order(plan: Plan, epoch: int, shard: int) -> NDArray[np.int64]:
    """The rows of `shard` in the order in which this epoch reads them."""
    rows = plan.shard_rows[shard]
    return _random(plan.seed, epoch, shard + 1).permutation(rows) if plan.shuffle else np.arange(rows)


def step_order(plan: Plan, epoch: int, steps: range) -> NDArray[np.int64]:
    """The order in which `steps` come, given that their rows were grouped by length: (len(steps),) places.

    The last step of an epoch, which may be padded, stays where it is.
    """
    moved = len(steps) - (steps.stop == plan.steps)
    # Minus the step: apart from the keys of shards and of rows.
    order = _random(plan.seed, epoch, -1 - steps.start).permutation(moved)
    return np.concatenate([order, np.arange(moved, len(steps))])


def _shard_order(plan: Plan, epoch: int) -> NDArray[np.int64]:
    shards = len(plan.shard_rows)
    return _random(plan.seed, epoch, 0).permutation(shards) if plan.shuffle else np.arange(shards)


def _lane(plan: Plan, lane: int, order: NDArray[np.int64], ends: NDArray[np.int64], from_step: int) -> list[Segment]:
    begin, end = (plan.rows * edge // plan.lanes for edge in (lane, lane + 1))
    at = begin + from_step * plan.lane_batch
    found = []
    place = int(np.searchsorted(ends, at, side="right"))
    while at < end:
        shard = int(order[place])
        shard_begin, stop = int(ends[place]) - plan.shard_rows[shard], min(int(ends[place]), end)
        first_step = (at - begin) // plan.lane_batch
        found.append(
            Segment(shard=shard, lane=lane, first_step=first_step, start=at - shard_begin, stop=stop - shard_begin)
        )
        at, place = stop, place + 1
    return found


def _random(*key: int) -> np.random.Generator:
    # Two words for each part, so that large and negative seeds have sequences of their own.
    words = [(part >> shift) & 0xFFFFFFFF for part in key for shift in (0, 32)]
    return np.random.default_rng(np.random.SeedSequence(words))


def _largest_divisor(number: int, limit: int) -> int:
    return next(divisor for divisor in range(min(limit, number), 0, -1) if number % divisor == 0)
