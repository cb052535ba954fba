"""`row_ids` returns the identities of the rows of a step."""

from dataclasses import replace

import pytest

from headrace.stream.build_plan_and_rank_stream import rank_stream, training_columns, training_plan
from headrace.stream.rank_batch_stream import row_ids
from headrace.table import Version


@pytest.mark.parametrize("rank", [0, 1])
@pytest.mark.parametrize("step", [0, 3, 11])
def test_row_ids_equal_rows_of_step(table: Version, rank: int, step: int) -> None:
    plan = training_plan(table, "train", 8, 4, seed=3)
    stream = rank_stream(table, "train", plan, training_columns(table.contract), rank, 2)
    whole = list(replace(stream, columns=("path",)).epoch(1))
    rows, weights = whole[step]
    assert row_ids(stream, 1, step) == rows["path"][weights > 0].tolist()
    assert len(set(row_ids(stream, 1, step))) == int(weights.sum())


def test_row_ids_omit_padding(table: Version) -> None:
    plan = training_plan(table, "train", 36, 4, seed=3)
    stream = rank_stream(table, "train", plan, training_columns(table.contract))
    assert len(row_ids(stream, 0, plan.steps - 1)) == 96 % 36
