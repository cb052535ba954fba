"""From a version of a table to what one rank reads."""

import pytest

from headrace.errors import DataError
from headrace.stream.build import evaluation_plan, rank_stream, training_columns, training_plan
from headrace.table import Version


def test_evaluation_reads_every_row_once_in_the_order_in_which_it_is_stored(table: Version) -> None:
    stream = rank_stream(table, "train", evaluation_plan(table, "train", 25), ("path",))
    paths = [path for rows, weights in stream.epoch(0) for path in rows["path"][weights > 0].tolist()]
    assert paths == [f"train/{row}.png" for row in range(96)]


def test_evaluation_on_ranks_gives_each_a_stretch_of_the_rows(table: Version) -> None:
    plan = evaluation_plan(table, "train", 24, world_size=3)
    paths = [
        path
        for rank in range(3)
        for rows, weights in rank_stream(table, "train", plan, ("path",), rank, 3).epoch(0)
        for path in rows["path"][weights > 0].tolist()
    ]
    assert paths == [f"train/{row}.png" for row in range(96)]


def test_training_reads_shuffled_from_the_row_counts_of_the_log(table: Version) -> None:
    plan = training_plan(table, "train", 32, 16, seed=4)
    assert plan.shard_rows == (10, 1, 20, 3, 16, 7, 13, 9, 17)
    assert (plan.global_batch, plan.lanes, plan.seed, plan.shuffle) == (32, 16, 4, True)


def test_training_reads_the_input_and_the_target_and_nothing_else(table: Version) -> None:
    assert training_columns(table.contract) == ("image", "label")


def test_a_split_that_the_version_has_not_is_refused_with_those_it_has(table: Version) -> None:
    with pytest.raises(DataError, match="no split 'val'; it has: train"):
        training_plan(table, "val", 32, 16, seed=0)
