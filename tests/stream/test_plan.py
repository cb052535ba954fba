"""The plan is arithmetic: which rows, in which order, for any seed, epoch and number of ranks."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.stream.plan import MAX_LANES, Plan, Segment, lanes_for, rank_lanes, row_order, segments

shard_rows = st.lists(st.integers(1, 40), min_size=1, max_size=12).map(tuple)
epochs = st.integers(0, 1000)
seeds = st.integers(-(2**63), 2**64)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    lanes, lane_batch = draw(st.integers(1, 20)), draw(st.integers(1, 9))
    shuffle = draw(st.booleans())
    return Plan(
        shard_rows=draw(shard_rows), global_batch=lanes * lane_batch, lanes=lanes, seed=draw(seeds), shuffle=shuffle
    )


def rows_of(plan: Plan, epoch: int, found: list[Segment]) -> list[tuple[int, int]]:
    """(shard, row) of every row of the segments, in order."""
    return [
        (segment.shard, int(row))
        for segment in found
        for row in row_order(plan, epoch, segment.shard)[segment.start : segment.stop]
    ]


def lane_rows(plan: Plan, epoch: int, lane: int, from_step: int = 0) -> list[tuple[int, int]]:
    return rows_of(plan, epoch, segments(plan, epoch, range(lane, lane + 1), from_step))


@given(plans(), epochs)
def test_all_lanes_together_hold_each_row_exactly_once(plan: Plan, epoch: int) -> None:
    rows = rows_of(plan, epoch, segments(plan, epoch, range(plan.lanes)))
    assert sorted(rows) == [(shard, row) for shard, count in enumerate(plan.shard_rows) for row in range(count)]


@given(plans(), epochs)
def test_lanes_are_equally_long_to_within_one_row_and_fit_into_the_steps(plan: Plan, epoch: int) -> None:
    lengths = [len(lane_rows(plan, epoch, lane)) for lane in range(plan.lanes)]
    assert max(lengths) - min(lengths) <= 1
    assert (plan.steps - 1) * plan.lane_batch <= min(lengths)
    assert max(lengths) <= plan.steps * plan.lane_batch


@given(plans(), epochs, st.integers(0, 400))
def test_from_any_step_on_a_lane_goes_on_as_it_would_have_done(plan: Plan, epoch: int, from_step: int) -> None:
    for lane in range(plan.lanes):
        whole = lane_rows(plan, epoch, lane)
        assert lane_rows(plan, epoch, lane, from_step) == whole[from_step * plan.lane_batch :]


@given(plans(), epochs, st.integers(0, 400))
def test_a_lane_keeps_its_order_among_the_segments_of_others(plan: Plan, epoch: int, from_step: int) -> None:
    together = segments(plan, epoch, range(plan.lanes), from_step)
    for lane in range(plan.lanes):
        mine = [segment for segment in together if segment.lane == lane]
        assert mine == segments(plan, epoch, range(lane, lane + 1), from_step)


@given(plans(), epochs, st.integers(0, 400))
def test_segments_come_in_the_order_in_which_steps_need_them(plan: Plan, epoch: int, from_step: int) -> None:
    found = segments(plan, epoch, range(plan.lanes), from_step)
    needed = [segment.first_step for segment in found]
    assert needed == sorted(needed)
    for lane in range(plan.lanes):
        at = from_step * plan.lane_batch
        for segment in (segment for segment in found if segment.lane == lane):
            assert segment.first_step == at // plan.lane_batch
            at += segment.stop - segment.start


@given(plans(), epochs)
def test_without_shuffling_the_rows_come_as_they_are_stored(plan: Plan, epoch: int) -> None:
    if not plan.shuffle:
        rows = rows_of(
            plan, epoch, [s for lane in range(plan.lanes) for s in segments(plan, epoch, range(lane, lane + 1))]
        )
        assert rows == sorted(rows)


def shuffled(seed: int = 0) -> Plan:
    return Plan(shard_rows=(30,) * 20, global_batch=32, lanes=16, seed=seed)


def whole_epoch(plan: Plan, epoch: int) -> list[tuple[int, int]]:
    return rows_of(plan, epoch, segments(plan, epoch, range(plan.lanes)))


def test_each_epoch_has_an_order_of_its_own_for_shards_and_for_rows() -> None:
    plan = shuffled()
    shards = [tuple(segment.shard for segment in segments(plan, epoch, range(16))) for epoch in range(50)]
    assert len(set(shards)) == 50
    assert len({tuple(row_order(plan, epoch, 3)) for epoch in range(50)}) == 50
    assert len({tuple(row_order(plan, 0, shard)) for shard in range(20)}) == 20


def test_the_order_is_a_function_of_seed_and_epoch_alone() -> None:
    first = whole_epoch(shuffled(7), 3)
    np.random.seed(1)
    whole_epoch(shuffled(7), 2)
    assert whole_epoch(shuffled(7), 3) == first
    assert whole_epoch(shuffled(8), 3) != first
    assert whole_epoch(shuffled(3), 7) != first


def test_large_and_negative_seeds_and_epochs_have_orders_of_their_own() -> None:
    numbers = [0, 1, -1, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**63, -(2**31), -(2**32), -(2**62)]
    orders = [tuple(whole_epoch(shuffled(seed), epoch)) for seed in numbers for epoch in numbers]
    assert len(set(orders)) == len(orders)


def test_a_step_draws_from_as_many_shards_as_there_are_lanes() -> None:
    first = {segment.shard for segment in segments(shuffled(), 0, range(16)) if segment.first_step == 0}
    assert len(first) >= 12


@pytest.mark.parametrize("ranks", [1, 2, 3, 5, 7, 17, 64])
@pytest.mark.parametrize("batch_size", [1, 3, 5, 7, 17, 32, 64, 100])
def test_lanes_can_be_shared_out_among_the_ranks_and_divide_the_global_batch(ranks: int, batch_size: int) -> None:
    lanes = lanes_for(ranks, batch_size)
    assert lanes % ranks == 0
    assert ranks * batch_size % lanes == 0
    assert lanes <= max(MAX_LANES, ranks)
    plan = Plan(shard_rows=(1000,), global_batch=ranks * batch_size, lanes=lanes)
    shared = [lane for rank in range(ranks) for lane in rank_lanes(plan, rank, ranks)]
    assert shared == list(range(lanes))


@pytest.mark.parametrize("global_batch", [16, 64, 128, 1024])
def test_one_two_four_and_eight_ranks_have_the_same_lanes_at_the_same_global_batch(global_batch: int) -> None:
    assert {lanes_for(ranks, global_batch // ranks) for ranks in (1, 2, 4, 8)} == {16}


def test_lanes_that_cannot_be_shared_out_are_refused() -> None:
    plan = Plan(shard_rows=(10,), global_batch=12, lanes=12)
    with pytest.raises(ValueError, match="12 lanes cannot be shared out evenly among 8 ranks"):
        rank_lanes(plan, 0, 8)


@pytest.mark.parametrize(
    ("rows", "global_batch", "lanes"), [((), 4, 2), ((3, 0), 4, 2), ((3,), 4, 3), ((3,), 4, 0), ((-1,), 4, 2)]
)
def test_plans_that_make_no_sense_are_refused(rows: tuple[int, ...], global_batch: int, lanes: int) -> None:
    with pytest.raises(ValueError, match="shard|lanes"):
        Plan(shard_rows=rows, global_batch=global_batch, lanes=lanes)


def test_ten_thousand_shards_are_planned_for_one_of_64_ranks_in_a_moment() -> None:
    plan = Plan(shard_rows=(2048,) * 10_000, global_batch=64 * 64, lanes=64)
    seconds = []
    for epoch in range(5):
        began = time.perf_counter()
        found = segments(plan, epoch, rank_lanes(plan, 17, 64))
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 0.1
    assert len(found) == pytest.approx(10_000 / 64, abs=2)
