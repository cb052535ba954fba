"""The baseline ranks items by their training rows, and the head, the middle and the tail hold a third of these each."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from headrace.evaluate.item_popularity import (
    PopularityPartitioner,
    by_popularity,
    popularity_ranks,
    thirds,
    training_counts,
)
from headrace.evaluate.item_ranks import item_ranks

COUNTS = st.lists(st.integers(0, 9), min_size=2, max_size=30)


def test_counts_are_in_the_order_of_the_items() -> None:
    assert training_counts(("a", "b", "c"), {"c": 4, "a": 1}).tolist() == [1, 0, 4]


@given(COUNTS)
def test_ranks_are_those_of_counts_as_scores(counts: list[int]) -> None:
    items = np.arange(len(counts))
    scores = np.tile(np.array(counts, np.float64), (len(counts), 1))
    assert popularity_ranks(np.array(counts), items).tolist() == item_ranks(scores, items).tolist()


@given(COUNTS)
def test_thirds_follow_from_the_rows_of_more_frequent_items(counts: list[int]) -> None:
    found, total = thirds(np.array(counts)), sum(counts)
    for count, third in zip(counts, found.tolist(), strict=True):
        more = sum(other for other in counts if other > count)
        assert third == (2 if not count else min(2, 3 * more // total))


def test_equal_items_are_all_in_the_head_and_unknown_ones_in_the_tail() -> None:
    assert thirds(np.array([5, 5, 5, 0])).tolist() == [0, 0, 0, 2]
    assert thirds(np.zeros(3, np.int64)).tolist() == [2, 2, 2]


def test_rows_are_partitioned_by_the_popularity_of_their_items() -> None:
    counts = np.array([30, 20, 10, 10, 0])
    true = np.array([0, 0, 4, 1, 2])
    expected = {"head": [0, 1], "middle": [3], "tail": [2, 4]}
    found = {one.name: np.flatnonzero(one.rows).tolist() for one in by_popularity(true, counts)}
    assert found == expected
    partitioner = PopularityPartitioner(counts)
    partitioner.add(true[:2].astype(np.int32))
    partitioner.add(true[2:].astype(np.int32))
    assert {one.name: np.flatnonzero(one.rows).tolist() for one in partitioner.partitions()} == expected
