"""Plans and streams built for a version of a table."""

import pytest

from headrace.errors import DataError
from headrace.stream.build_plan_and_rank_stream import evaluation_plan, rank_stream, training_columns, training_plan
from headrace.table import Version


def test_evaluation_reads_every_row_once_in_stored_order(table: Version) -> None:
    stream = rank_stream(table, "train", evaluation_plan(table, "train", 25), ("path",))
    paths = [path for rows, weights in stream.epoch(0) for path in rows["path"][weights > 0].tolist()]
    assert paths == [f"train/{row}.png" for row in range(96)]


def test_evaluation_gives_each_rank_consecutive_rows(table: Version) -> None:
    plan = evaluation_plan(table, "train", 24, world_size=3)
    paths = [
        path
        for rank in range(3)
        for rows, weights in rank_stream(table, "train", plan, ("path",), rank, 3).epoch(0)
        for path in rows["path"][weights > 0].tolist()
    ]
    assert paths == [f"train/{row}.png" for row in range(96)]


def test_training_plan_shuffles_and_takes_row_counts_from_log(table: Version) -> None:
    plan = training_plan(table, "train", 32, 16, seed=4)
    assert plan.shard_rows == (10, 1, 20, 3, 16, 7, 13, 9, 17)
    assert (plan.global_batch, plan.lanes, plan.seed, plan.shuffle) == (32, 16, 4, True)


def test_training_columns_are_input_and_target(table: Version) -> None:
    assert training_columns(table.contract) == ("image", "label")


def test_missing_split_is_refused_with_existing_splits(table: Version) -> None:
    with pytest.raises(DataError, match="no split 'val'; it has: train"):
        training_plan(table, "val", 32, 16, seed=0)
