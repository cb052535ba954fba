"""The images that a limited data set contains."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.fetch.dataset_formats.dataset_written_as_images import balanced_subset
from headrace.fetch.datasets.fashion_mnist import DATASET


@given(st.permutations([0, 1, 2] * 4), st.integers(1, 12))
def test_balanced_subset_takes_first_images_of_each_class_in_equal_numbers(order: list[int], count: int) -> None:
    labels = np.array(order, np.uint8)
    indices = balanced_subset(labels, count)
    counts = np.bincount(labels[indices], minlength=3)
    assert counts.sum() == count
    assert counts.max() - counts.min() <= 1
    for label in range(3):
        assert indices[labels[indices] == label].tolist() == np.flatnonzero(labels == label)[: counts[label]].tolist()


@given(st.lists(st.sampled_from([0, 1, 2, 2, 2]), min_size=1, max_size=20), st.data())
def test_balanced_subset_takes_all_images_of_a_small_class_first(order: list[int], data: st.DataObject) -> None:
    count = data.draw(st.integers(1, len(order)))
    labels = np.array(order, np.uint8)
    counts = np.bincount(labels[balanced_subset(labels, count)], minlength=3)
    assert counts.sum() == count
    for label in range(3):
        assert counts[label] == (labels == label).sum() or counts[label] >= counts.max() - 1


def test_balanced_subset_keeps_the_order() -> None:
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
def test_counts_shrink_test_split_in_proportion_to_ten_images_per_class(
    limit: int | None, train: int, test: int
) -> None:
    assert DATASET.counts(limit) == {"train": train, "test": test}
