"""Ranks and their metrics equal those of a plain sort, ties count against the model, and constant scores are no hit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from headrace.evaluate.item_ranks import best_items, cutoff, cutoffs, is_of_ranks, item_ranks, rank_metrics, rank_values

# Few values, so that there are ties.
SCORES = st.lists(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=5, max_size=5), min_size=1, max_size=6)


def last_place(scores: list[float], true: int) -> int:
    """Return the last place of an item among all, sorted by their scores, where equal ones may be in any order."""
    ordered = sorted(range(len(scores)), key=lambda item: (-scores[item], item == true))
    return ordered.index(true) + 1


@given(SCORES, st.data())
def test_rank_is_the_last_place_among_equal_scores(scores: list[list[float]], data: st.DataObject) -> None:
    true = np.array([data.draw(st.integers(0, 4)) for _ in scores])
    found = item_ranks(np.array(scores), true)
    assert found.tolist() == [last_place(row, item) for row, item in zip(scores, true.tolist(), strict=True)]


@given(SCORES, st.integers(1, 8))
def test_best_items_are_those_of_a_stable_sort(scores: list[list[float]], number: int) -> None:
    found = best_items(np.array(scores), number)
    expected = [sorted(range(5), key=lambda item: -row[item])[:number] for row in scores]  # noqa: B023
    assert found.tolist() == expected


def test_constant_scores_have_the_rank_of_the_last_item() -> None:
    ranks = item_ranks(np.full((3, 40), 1 / 40), np.array([0, 20, 39]))
    assert ranks.tolist() == [40, 40, 40]
    assert rank_values("recall_at_10", ranks).sum() == 0


def test_score_that_is_no_number_is_the_last_one() -> None:
    scores = np.array([[np.nan, 0.5, 0.2], [0.1, np.nan, 0.2]])
    assert item_ranks(scores, np.array([0, 2])).tolist() == [3, 2]
    assert best_items(scores, 2).tolist() == [[1, 2], [2, 0]]
    assert best_items(np.full((1, 4), np.nan), 2).tolist() == [[0, 1]]


@given(st.lists(st.integers(1, 200), min_size=1, max_size=50))
def test_metrics_are_those_of_their_definition(ranks: list[int]) -> None:
    found = {name: values.mean() for name, values in rank_metrics(np.array(ranks), 200).items()}
    for last in (1, 5, 10, 20, 50, 100):
        assert found[f"recall_at_{last}"] == pytest.approx(sum(rank <= last for rank in ranks) / len(ranks))
    assert found["mean_reciprocal_rank"] == pytest.approx(sum(1 / rank for rank in ranks) / len(ranks))
    assert found["ndcg_at_10"] == pytest.approx(np.mean([ideal_gain(rank) for rank in ranks]))


def ideal_gain(rank: int) -> float:
    """Return the discounted gain of one relevant item by its definition: gains of places, over the ideal order."""
    gains: NDArray[np.float64] = np.zeros(200)
    gains[rank - 1] = 1
    discounts = 1 / np.log2(np.arange(2, 12))
    return float((gains[:10] * discounts).sum() / discounts[0])


def test_cutoffs_are_below_the_number_of_items() -> None:
    assert cutoffs(1682) == (1, 5, 10, 20, 50, 100)
    assert cutoffs(50) == (1, 5, 10, 20)
    assert cutoffs(4) == (1, 10)


def test_names_of_metrics_are_known() -> None:
    assert cutoff("recall_at_50") == 50
    assert cutoff("recall") is None
    assert is_of_ranks("recall_at_10")
    assert is_of_ranks("mean_reciprocal_rank")
    assert not is_of_ranks("loss")
