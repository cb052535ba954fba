"""A few steps of one rank at once: the rows of its lanes, dealt to the steps and padded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from headrace.stream.columns import Binary, Columns, Places, count, rows_at
from headrace.stream.plan import Plan, step_order


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
        rows = rows_at(self.rows, slice(skipped * self.weights.shape[1], self.weights.size))
        return Block(epoch=self.epoch, steps=self.steps[skipped:], rows=rows, weights=self.weights[skipped:])

    def step(self, number: int) -> tuple[Columns, NDArray[np.float32]]:
        """The rows of step `number` of the epoch, and their weights."""
        place, size = number - self.steps.start, self.weights.shape[1]
        return rows_at(self.rows, slice(place * size, (place + 1) * size)), self.weights[place]


@dataclass(frozen=True, kw_only=True)
class Dealer:
    """Deals rows to the steps of a block.

    Attributes:
        grouped_by: a binary column; rows of similar length come in the same step. None keeps the plan's order.
    """

    plan: Plan
    epoch: int
    steps: range
    grouped_by: str | None

    def deal(self, rows: Columns, of_lanes: Sequence[int]) -> Block:
        """A block of `rows`, of which the first `of_lanes[0]` are the first lane's, and so on; at least one row."""
        places = self._places(rows, of_lanes)
        present = places >= 0
        # Padding repeats rows of the block, as many different ones as there are.
        places[~present] = np.arange(np.count_nonzero(~present)) % count(rows)
        in_order = len(of_lanes) == 1 and self.grouped_by is None and present.all()
        return Block(
            epoch=self.epoch,
            steps=self.steps,
            rows=rows if in_order else rows_at(rows, places.ravel()),
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
        return np.argsort(cast(Binary, rows[self.grouped_by])[lane].lengths, kind="stable")
