"""The rows of a step, found again, are those that the step had."""

from hypothesis import given
from hypothesis import strategies as st

from headrace.stream.plan import Plan, lanes_of, row_order, segments
from headrace.stream.row_ids import rows_of_step


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=6),
    st.sampled_from([1, 2, 4]),
    st.integers(1, 5),
    st.integers(0, 2),
)
def test_the_steps_of_an_epoch_together_have_every_row_once(
    shard_rows: list[int], lanes: int, lane_batch: int, epoch: int
) -> None:
    plan = Plan(shard_rows=tuple(shard_rows), global_batch=lanes * lane_batch, lanes=lanes, seed=5)
    found = [place for step in range(plan.steps) for place in rows_of_step(plan, epoch, step, range(lanes))]
    assert sorted(found) == [(shard, row) for shard, rows in enumerate(shard_rows) for row in range(rows)]


@given(st.integers(0, 5), st.integers(0, 1))
def test_a_step_has_the_rows_at_its_place_in_every_lane(step: int, rank: int) -> None:
    plan = Plan(shard_rows=(30, 7, 26), global_batch=8, lanes=4, seed=1)
    lanes = lanes_of(plan, rank, 2)
    expected = []
    for lane in lanes:
        whole = [
            (part.shard, int(row))
            for part in segments(plan, 0, range(lane, lane + 1))
            for row in row_order(plan, 0, part.shard)[part.start : part.stop]
        ]
        expected += whole[step * 2 : step * 2 + 2]
    assert rows_of_step(plan, 0, step, lanes) == expected
