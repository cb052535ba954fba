"""Assemble batches of several steps from a rank's rows in planned order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from headrace.stream.batch_plan import Plan, step_order
from headrace.stream.read.binary_columns_and_row_selection import BinaryColumn, Columns, Indices, count_rows, take_rows


@dataclass(frozen=True, kw_only=True)
class Block:
    """The rows of consecutive steps.

    Attributes:
        epoch: number of the epoch.
        steps: numbers of the steps within the epoch.
        rows: rows of all steps in order, the same number per step.
        weights: (steps, rows per step); 1 for a row, 0 for padding.
    """

    epoch: int
    steps: range
    rows: Columns
    weights: NDArray[np.float32]

    def since(self, first: int) -> "Block":
        """Return the steps from `first` on."""
        skipped = max(0, first - self.steps.start)
        if not skipped:
            return self
        rows = take_rows(self.rows, slice(skipped * self.weights.shape[1], self.weights.size))
        return Block(epoch=self.epoch, steps=self.steps[skipped:], rows=rows, weights=self.weights[skipped:])

    def step(self, number: int) -> tuple[Columns, NDArray[np.float32]]:
        """Return the rows of step `number` of the epoch, and their weights."""
        index, size = number - self.steps.start, self.weights.shape[1]
        return take_rows(self.rows, slice(index * size, (index + 1) * size)), self.weights[index]


@dataclass(frozen=True, kw_only=True)
class BatchAssembler:
    """Assigns the rows of all lanes to the steps of a block.

    Attributes:
        plan: plan of the split.
        epoch: number of the epoch.
        steps: numbers of the block's steps.
        grouped_by: binary column by whose length rows are grouped into steps; None keeps the plan's order.
    """

    plan: Plan
    epoch: int
    steps: range
    grouped_by: str | None

    def assemble(self, rows: Columns, lane_rows: Sequence[int]) -> Block:
        """Return a block of `rows`, padded to full steps.

        Args:
            rows: rows of all lanes, lane after lane; at least one row.
            lane_rows: number of rows of each lane.
        """
        indices = self._row_indices(rows, lane_rows)
        present = indices >= 0
        # Padding repeats rows of the block, as many different rows as possible.
        indices[~present] = np.arange(np.count_nonzero(~present)) % count_rows(rows)
        in_order = len(lane_rows) == 1 and self.grouped_by is None and present.all()
        return Block(
            epoch=self.epoch,
            steps=self.steps,
            rows=rows if in_order else take_rows(rows, indices.ravel()),
            weights=present.reshape(len(self.steps), -1).astype(np.float32),
        )

    def _row_indices(self, rows: Columns, lane_rows: Sequence[int]) -> Indices:
        """Return the index of each row, -1 for padding: (steps, lanes, rows of a lane in a step)."""
        indices = np.full((len(lane_rows), len(self.steps) * self.plan.lane_batch), -1, np.int64)
        begin = 0
        for lane, length in enumerate(lane_rows):
            indices[lane, :length] = begin + self._order(rows, slice(begin, begin + length))
            begin += length
        by_step = indices.reshape(len(lane_rows), len(self.steps), self.plan.lane_batch).transpose(1, 0, 2)
        return by_step[step_order(self.plan, self.epoch, self.steps)] if self.grouped_by else by_step.copy()

    def _order(self, rows: Columns, lane: slice) -> Indices:
        if self.grouped_by is None:
            return np.arange(lane.stop - lane.start)
        return np.argsort(cast(BinaryColumn, rows[self.grouped_by])[lane].lengths, kind="stable")
