"""Together the ranks read every row once, in the same sequence for any number of ranks and after any resume."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.stream import rank_batch_stream as module
from headrace.stream.batch_plan import Plan, lanes_for
from headrace.stream.build_plan_and_rank_stream import evaluation_plan, rank_stream, training_plan
from headrace.stream.rank_batch_stream import RankStream
from headrace.stream.read.binary_columns_and_row_selection import Columns
from headrace.table import Shard, Version


@dataclass
class MemoryShards:
    """Shards in memory instead of Petastorm: row r of shard s is 1000 s + r."""

    plan: Plan
    read_shards: list[int] = field(default_factory=list)

    @property
    def shards(self) -> list[Shard]:
        return [
            Shard(path=str(number), split="train", rows=rows, size=1, modified=0)
            for number, rows in enumerate(self.plan.shard_rows)
        ]

    def read(self, _: Path, shards: Iterable[Shard], columns: Sequence[str], __: object) -> Iterator[Columns]:
        for shard in shards:
            self.read_shards.append(int(shard.path))
            yield {name: 1000 * int(shard.path) + np.arange(shard.rows) for name in columns}

    def stream(self, rank: int, world_size: int) -> RankStream:
        return RankStream(
            table=Path("table"), shards=self.shards, columns=["row"], plan=self.plan, rank=rank, world_size=world_size
        )


Steps = list[tuple[list[int], list[float]]]


def rank_steps(plan: Plan, epoch: int, rank: int, world_size: int, from_step: int = 0) -> Steps:
    """Return the rows and weights of each step of a rank."""
    memory = MemoryShards(plan)
    with patch.object(module, "read_shards", memory.read):
        stream = memory.stream(rank, world_size)
        found = [(rows["row"].tolist(), weights.tolist()) for rows, weights in stream.epoch(epoch, from_step)]
    assert all(len(rows) == len(weights) == stream.batch_size for rows, weights in found)
    return found


def sequence(plan: Plan, epoch: int, world_size: int, from_step: int = 0) -> list[list[int]]:
    """Return the rows of each step over all ranks, without padding."""
    ranks = [rank_steps(plan, epoch, rank, world_size, from_step) for rank in range(world_size)]
    return [
        [row for rows, weights in parts for row, weight in zip(rows, weights, strict=True) if weight]
        for parts in zip(*ranks, strict=True)
    ]


def all_rows(plan: Plan) -> list[int]:
    """Return every row of the plan."""
    return [1000 * shard + row for shard, rows in enumerate(plan.shard_rows) for row in range(rows)]


shard_rows = st.lists(st.integers(1, 30), min_size=1, max_size=10).map(tuple)
worlds = st.sampled_from([1, 2, 3, 4, 5, 7, 8])


@st.composite
def worlds_and_plans(draw: st.DrawFn) -> tuple[int, Plan]:
    """Draw a number of ranks and a plan for it."""
    world_size, batch_size = draw(worlds), draw(st.integers(1, 20))
    lanes = lanes_for(world_size, batch_size)
    seed, shuffle = draw(st.integers(0, 99)), draw(st.booleans())
    rows = draw(shard_rows)
    plan = Plan(shard_rows=rows, global_batch=world_size * batch_size, lanes=lanes, seed=seed, shuffle=shuffle)
    return world_size, plan


@given(worlds_and_plans(), st.integers(0, 5))
def test_epoch_has_planned_steps_and_each_row_once(case: tuple[int, Plan], epoch: int) -> None:
    world_size, plan = case
    steps = sequence(plan, epoch, world_size)
    assert len(steps) == plan.steps == -(-plan.rows // plan.global_batch)
    assert sorted(row for rows in steps for row in rows) == all_rows(plan)


@given(worlds_and_plans())
def test_only_last_step_is_padded_with_weight_0(case: tuple[int, Plan]) -> None:
    world_size, plan = case
    last = 0.0
    for rank in range(world_size):
        *others, (rows, weights) = rank_steps(plan, 0, rank, world_size)
        assert all(weight == 1.0 for _, all_weights in others for weight in all_weights)
        assert set(weights) <= {0.0, 1.0}
        assert set(rows) <= set(all_rows(plan))
        last += sum(weights)
    assert last == plan.rows - (plan.steps - 1) * plan.global_batch


@given(shard_rows, st.integers(1, 4), st.integers(0, 9), st.integers(0, 3))
def test_global_sequence_is_same_for_1_2_4_and_8_ranks(
    rows: tuple[int, ...], lane_batch: int, seed: int, epoch: int
) -> None:
    plan = Plan(shard_rows=rows, global_batch=16 * lane_batch, lanes=16, seed=seed)
    alone = sequence(plan, epoch, 1)
    assert [sequence(plan, epoch, world_size) for world_size in (2, 4, 8)] == [alone] * 3


@given(shard_rows, st.integers(1, 4), st.sampled_from([1, 2, 4, 8, 16]), st.integers(0, 3), st.data())
def test_resume_at_any_step_on_any_number_of_ranks_reads_same_rest(
    rows: tuple[int, ...], lane_batch: int, world_size: int, epoch: int, data: st.DataObject
) -> None:
    plan = Plan(shard_rows=rows, global_batch=16 * lane_batch, lanes=16, seed=5)
    from_step = data.draw(st.integers(0, plan.steps))
    assert sequence(plan, epoch, world_size, from_step) == sequence(plan, epoch, 1)[from_step:]


@given(worlds_and_plans(), st.data())
def test_rank_reads_only_needed_shards_and_each_once(case: tuple[int, Plan], data: st.DataObject) -> None:
    world_size, plan = case
    from_step = data.draw(st.integers(0, plan.steps))
    for rank in range(world_size):
        memory = MemoryShards(plan)
        with patch.object(module, "read_shards", memory.read):
            steps = list(memory.stream(rank, world_size).epoch(1, from_step))
        rows = [row for columns, weights in steps for row in columns["row"][weights > 0].tolist()]
        needed = {row // 1000 for row in rows}
        # A rank without any rows pads with the first row of the table, others with a row that they have read.
        assert sorted(memory.read_shards) == sorted(needed or ({0} if steps else set()))


def test_rank_pads_with_row_that_it_has_read() -> None:
    plan = Plan(shard_rows=(1, 1, 1), global_batch=2, lanes=2, seed=0, shuffle=False)
    read = []
    for rank in (0, 1):
        memory = MemoryShards(plan)
        with patch.object(module, "read_shards", memory.read):
            assert len(list(memory.stream(rank, 2).epoch(1))) == 2
        read.append(sorted(memory.read_shards))
    assert sorted(read[0] + read[1]) == [0, 1, 2]


@given(worlds_and_plans())
def test_shard_is_read_only_when_block_needs_it(case: tuple[int, Plan]) -> None:
    world_size, plan = case
    memory = MemoryShards(plan)
    with patch.object(module, "read_shards", memory.read):
        needed: set[int] = set()
        for block in memory.stream(0, world_size).blocks(0, 0, 1):
            needed |= {row // 1000 for row in block.rows["row"][block.weights.ravel() > 0].tolist()}
            assert set(memory.read_shards) <= needed | {0}


@given(worlds_and_plans(), st.integers(1, 4), st.data())
def test_consecutive_epochs_equal_epochs_read_alone(case: tuple[int, Plan], epochs: int, data: st.DataObject) -> None:
    world_size, plan = case
    from_step = data.draw(st.integers(0, plan.steps))
    memory = MemoryShards(plan)
    with patch.object(module, "read_shards", memory.read):
        together = [
            (block.epoch, step, block.step(step)[0]["row"].tolist())
            for block in memory.stream(0, world_size).blocks(2, from_step, 2 + epochs)
            for step in block.steps
        ]
    alone = [
        (epoch, step + begin, rows)
        for epoch in range(2, 2 + epochs)
        for begin in [from_step if epoch == 2 else 0]
        for step, (rows, _) in enumerate(rank_steps(plan, epoch, 0, world_size, begin))
    ]
    assert together == alone


def test_epochs_differ_in_order_but_not_in_rows() -> None:
    plan = Plan(shard_rows=(30,) * 10, global_batch=32, lanes=16)
    sequences = [sequence(plan, epoch, 2) for epoch in range(5)]
    assert len({str(found) for found in sequences}) == 5
    assert all(sorted(row for rows in found for row in rows) == all_rows(plan) for found in sequences)


@pytest.mark.parametrize("world_size", [1, 4])
@pytest.mark.parametrize("rows", [(1,), (1, 1), (3,)])
def test_tiny_table_gives_one_padded_step(rows: tuple[int, ...], world_size: int) -> None:
    plan = Plan(shard_rows=rows, global_batch=64, lanes=16)
    assert plan.steps == 1
    (step,) = sequence(plan, 0, world_size)
    assert sorted(step) == all_rows(plan)


@pytest.mark.parametrize("world_size", [1, 2, 4])
def test_ranks_together_read_exactly_stored_rows(table: Version, world_size: int) -> None:
    columns = ("path", "label", "image")
    plan = training_plan(table, "train", global_batch=32, lanes=16, seed=3)
    found = {}
    for rank in range(world_size):
        for rows, weights in rank_stream(table, "train", plan, columns, rank, world_size).epoch(0):
            present = {name: values[weights > 0].tolist() for name, values in rows.items()}
            found |= {path: content for path, *content in zip(*(present[name] for name in columns), strict=True)}
    stored = evaluation_plan(table, "train", 10)
    expected = {
        path: [label, image]
        for rows, weights in rank_stream(table, "train", stored, columns).epoch(0)
        for path, label, image, weight in zip(*(rows[name].tolist() for name in columns), weights, strict=True)
        if weight
    }
    assert len(expected) == 96
    assert found == expected


@pytest.mark.usefixtures("no_threads_left")
def test_closing_epoch_early_leaves_no_thread(table: Version) -> None:
    plan = training_plan(table, "train", global_batch=16, lanes=16, seed=3)
    steps = rank_stream(table, "train", plan, ("label",)).epoch(0)
    next(steps)
    steps.close()  # type: ignore[attr-defined]
