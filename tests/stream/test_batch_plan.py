"""The plan assigns rows and their order by arithmetic, for any seed, epoch and number of ranks."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.stream.batch_plan import MAX_LANES, Plan, Segment, lanes_for, rank_lanes, row_order, segments

shard_rows = st.lists(st.integers(1, 40), min_size=1, max_size=12).map(tuple)
epochs = st.integers(0, 1000)
seeds = st.integers(-(2**63), 2**64)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw a plan."""
    lanes, lane_batch = draw(st.integers(1, 20)), draw(st.integers(1, 9))
    shuffle = draw(st.booleans())
    return Plan(
        shard_rows=draw(shard_rows), global_batch=lanes * lane_batch, lanes=lanes, seed=draw(seeds), shuffle=shuffle
    )


def segment_rows(plan: Plan, epoch: int, plan_segments: list[Segment]) -> list[tuple[int, int]]:
    """Return (shard, row) of every row of the segments, in order."""
    return [
        (segment.shard, int(row))
        for segment in plan_segments
        for row in row_order(plan, epoch, segment.shard)[segment.start : segment.stop]
    ]


def lane_rows(plan: Plan, epoch: int, lane: int, from_step: int = 0) -> list[tuple[int, int]]:
    """Return (shard, row) of every row of a lane, in order."""
    return segment_rows(plan, epoch, segments(plan, epoch, range(lane, lane + 1), from_step))


@given(plans(), epochs)
def test_lanes_together_hold_each_row_once(plan: Plan, epoch: int) -> None:
    rows = segment_rows(plan, epoch, segments(plan, epoch, range(plan.lanes)))
    assert sorted(rows) == [(shard, row) for shard, count in enumerate(plan.shard_rows) for row in range(count)]


@given(plans(), epochs)
def test_lane_lengths_differ_by_at_most_one_row_and_fit_steps(plan: Plan, epoch: int) -> None:
    lengths = [len(lane_rows(plan, epoch, lane)) for lane in range(plan.lanes)]
    assert max(lengths) - min(lengths) <= 1
    assert (plan.steps - 1) * plan.lane_batch <= min(lengths)
    assert max(lengths) <= plan.steps * plan.lane_batch


@given(plans(), epochs, st.integers(0, 400))
def test_lane_from_any_step_equals_rest_of_whole_lane(plan: Plan, epoch: int, from_step: int) -> None:
    for lane in range(plan.lanes):
        whole = lane_rows(plan, epoch, lane)
        assert lane_rows(plan, epoch, lane, from_step) == whole[from_step * plan.lane_batch :]


@given(plans(), epochs, st.integers(0, 400))
def test_lane_keeps_its_order_among_other_lanes(plan: Plan, epoch: int, from_step: int) -> None:
    together = segments(plan, epoch, range(plan.lanes), from_step)
    for lane in range(plan.lanes):
        mine = [segment for segment in together if segment.lane == lane]
        assert mine == segments(plan, epoch, range(lane, lane + 1), from_step)


@given(plans(), epochs, st.integers(0, 400))
def test_segments_are_ordered_by_first_step(plan: Plan, epoch: int, from_step: int) -> None:
    found = segments(plan, epoch, range(plan.lanes), from_step)
    needed = [segment.first_step for segment in found]
    assert needed == sorted(needed)
    for lane in range(plan.lanes):
        at = from_step * plan.lane_batch
        for segment in (segment for segment in found if segment.lane == lane):
            assert segment.first_step == at // plan.lane_batch
            at += segment.stop - segment.start


@given(plans(), epochs)
def test_unshuffled_plan_keeps_stored_order(plan: Plan, epoch: int) -> None:
    if not plan.shuffle:
        rows = segment_rows(
            plan, epoch, [s for lane in range(plan.lanes) for s in segments(plan, epoch, range(lane, lane + 1))]
        )
        assert rows == sorted(rows)


def shuffled_plan(seed: int = 0) -> Plan:
    """Return a shuffled plan of 20 shards of 30 rows."""
    return Plan(shard_rows=(30,) * 20, global_batch=32, lanes=16, seed=seed)


def whole_epoch(plan: Plan, epoch: int) -> list[tuple[int, int]]:
    """Return (shard, row) of every row of an epoch, in order."""
    return segment_rows(plan, epoch, segments(plan, epoch, range(plan.lanes)))


def test_each_epoch_shuffles_shards_and_rows_differently() -> None:
    plan = shuffled_plan()
    shards = [tuple(segment.shard for segment in segments(plan, epoch, range(16))) for epoch in range(50)]
    assert len(set(shards)) == 50
    assert len({tuple(row_order(plan, epoch, 3)) for epoch in range(50)}) == 50
    assert len({tuple(row_order(plan, 0, shard)) for shard in range(20)}) == 20


def test_order_depends_only_on_seed_and_epoch() -> None:
    first = whole_epoch(shuffled_plan(7), 3)
    np.random.seed(1)
    whole_epoch(shuffled_plan(7), 2)
    assert whole_epoch(shuffled_plan(7), 3) == first
    assert whole_epoch(shuffled_plan(8), 3) != first
    assert whole_epoch(shuffled_plan(3), 7) != first


def test_large_and_negative_seeds_and_epochs_have_distinct_orders() -> None:
    numbers = [0, 1, -1, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**63, -(2**31), -(2**32), -(2**62)]
    orders = [tuple(whole_epoch(shuffled_plan(seed), epoch)) for seed in numbers for epoch in numbers]
    assert len(set(orders)) == len(orders)


def test_step_draws_from_many_shards() -> None:
    first = {segment.shard for segment in segments(shuffled_plan(), 0, range(16)) if segment.first_step == 0}
    assert len(first) >= 12


@pytest.mark.parametrize("ranks", [1, 2, 3, 5, 7, 17, 64])
@pytest.mark.parametrize("batch_size", [1, 3, 5, 7, 17, 32, 64, 100])
def test_lanes_divide_global_batch_and_ranks_divide_lanes(ranks: int, batch_size: int) -> None:
    lanes = lanes_for(ranks, batch_size)
    assert lanes % ranks == 0
    assert ranks * batch_size % lanes == 0
    assert lanes <= max(MAX_LANES, ranks)
    plan = Plan(shard_rows=(1000,), global_batch=ranks * batch_size, lanes=lanes)
    shared = [lane for rank in range(ranks) for lane in rank_lanes(plan, rank, ranks)]
    assert shared == list(range(lanes))


@pytest.mark.parametrize("global_batch", [16, 64, 128, 1024])
def test_1_2_4_and_8_ranks_have_same_lanes_at_same_global_batch(global_batch: int) -> None:
    assert {lanes_for(ranks, global_batch // ranks) for ranks in (1, 2, 4, 8)} == {16}


def test_rank_lanes_refuses_uneven_division() -> None:
    plan = Plan(shard_rows=(10,), global_batch=12, lanes=12)
    with pytest.raises(ValueError, match="12 lanes cannot be divided evenly among 8 ranks"):
        rank_lanes(plan, 0, 8)


@pytest.mark.parametrize(
    ("rows", "global_batch", "lanes"), [((), 4, 2), ((3, 0), 4, 2), ((3,), 4, 3), ((3,), 4, 0), ((-1,), 4, 2)]
)
def test_invalid_plan_is_refused(rows: tuple[int, ...], global_batch: int, lanes: int) -> None:
    with pytest.raises(ValueError, match="shard|lanes"):
        Plan(shard_rows=rows, global_batch=global_batch, lanes=lanes)


def test_planning_10000_shards_for_one_of_64_ranks_takes_less_than_100_ms() -> None:
    plan = Plan(shard_rows=(2048,) * 10_000, global_batch=64 * 64, lanes=64)
    seconds = []
    for epoch in range(5):
        began = time.perf_counter()
        found = segments(plan, epoch, rank_lanes(plan, 17, 64))
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 0.1
    assert len(found) == pytest.approx(10_000 / 64, abs=2)


@given(plans(), st.integers(0, 3))
def test_rows_until_a_step_are_those_that_the_lanes_have_read(plan: Plan, epochs: int) -> None:
    for steps in range(plan.steps):
        read = sum(plan.lane_rows(lane, range(steps)) for lane in range(plan.lanes))
        assert plan.rows_until(epochs * plan.steps + steps) == epochs * plan.rows + read
