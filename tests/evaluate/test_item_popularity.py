"""The baseline ranks items by their training rows, and the head, the middle and the tail hold a third of these each."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.evaluate.item_popularity import (
    PopularityPartitioner,
    by_popularity,
    popularity_metrics,
    thirds,
    training_counts,
)
from headrace.evaluate.item_ranks import rank_metrics

COUNTS = st.lists(st.integers(0, 9), min_size=2, max_size=30)


def test_counts_are_in_the_order_of_the_items() -> None:
    assert training_counts(("a", "b", "c"), {"c": 4, "a": 1}).tolist() == [1, 0, 4]


@given(st.lists(st.integers(0, 2), min_size=2, max_size=5))
def test_baseline_is_the_mean_over_all_lists_in_the_order_of_the_counts(counts: list[int]) -> None:
    """Each list that sorts the items by their counts breaks ties in its own way."""
    items = range(len(counts))
    lists = [one for one in permutations(items) if all(counts[a] >= counts[b] for a, b in pairwise(one))]
    ranks = np.array([[one.index(item) + 1 for item in items] for one in lists])
    found = popularity_metrics(np.array(counts), np.array(items))
    for name, values in rank_metrics(ranks, len(counts)).items():
        assert found[name] == pytest.approx(values.mean())


def test_baseline_recommends_ten_items_though_the_tenth_is_one_of_a_tie() -> None:
    """Six items are above the tie, and four of the six in it belong to the ten."""
    counts = np.array([9, 9, 9, 9, 9, 9, 5, 5, 5, 5, 5, 5, 1, 1])
    assert popularity_metrics(counts, np.arange(14))["recall_at_10"] == pytest.approx(10 / 14)


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
