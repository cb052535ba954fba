"""Which images a limited data set takes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.fetch.class_folders import balanced_subset
from headrace.fetch.datasets.fashion_mnist import DATASET


@given(st.permutations([0, 1, 2] * 4), st.integers(1, 12))
def test_every_class_gives_its_first_images_and_equally_many_or_one_more(order: list[int], count: int) -> None:
    labels = np.array(order, np.uint8)
    chosen = balanced_subset(labels, count)
    taken = np.bincount(labels[chosen], minlength=3)
    assert taken.sum() == count
    assert taken.max() - taken.min() <= 1
    for label in range(3):
        assert chosen[labels[chosen] == label].tolist() == np.flatnonzero(labels == label)[: taken[label]].tolist()


@given(st.lists(st.sampled_from([0, 1, 2, 2, 2]), min_size=1, max_size=20), st.data())
def test_a_class_with_too_few_images_gives_all_of_them_before_others_give_more(
    order: list[int], data: st.DataObject
) -> None:
    count = data.draw(st.integers(1, len(order)))
    labels = np.array(order, np.uint8)
    taken = np.bincount(labels[balanced_subset(labels, count)], minlength=3)
    assert taken.sum() == count
    for label in range(3):
        assert taken[label] == (labels == label).sum() or taken[label] >= taken.max() - 1


def test_the_chosen_keep_the_order_of_the_original() -> None:
    assert balanced_subset(np.array([2, 2, 1, 0, 1, 0], np.uint8), 4).tolist() == [0, 2, 3, 5]


@pytest.mark.parametrize(
    ("limit", "train", "test"),
    [
        (None, 60_000, 10_000),
        (60_000, 60_000, 10_000),
        (70_000, 60_000, 10_000),
        (6_000, 6_000, 1_000),
        (200, 200, 100),
        (100, 100, 100),
        (10, 10, 10),
        (1, 1, 1),
    ],
)
def test_the_test_split_shrinks_with_the_training_split_down_to_ten_images_a_class(
    limit: int | None, train: int, test: int
) -> None:
    assert DATASET.counts(limit) == {"train": train, "test": test}
