"""Every row is in one partition of a column; partitions are named by their content."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.evaluate import row_slices_by_value
from headrace.evaluate.row_slices_by_value import (
    OTHERS,
    QUANTILES,
    ClassPartitioner,
    NumberPartitioner,
    Partition,
    TextPartitioner,
)

values = st.lists(st.one_of(st.floats(-1e6, 1e6, width=32), st.just(float("nan"))), min_size=1, max_size=80)


def assert_every_row_in_one_part(found: list[Partition]) -> None:
    """Assert that every row is in exactly one part and that no part is empty."""
    assert (np.sum([part.rows for part in found], axis=0) == 1).all()
    assert all(part.rows.any() for part in found)


@given(values)
def test_numbers_put_each_number_in_one_part(numbers: list[float]) -> None:
    partitioner = NumberPartitioner()
    for begin in range(0, len(numbers), 7):
        partitioner.add(numbers[begin : begin + 7])
    assert_every_row_in_one_part(list(partitioner.partitions()))


def test_numbers_form_parts_of_equal_size_named_by_their_ends() -> None:
    partitioner = NumberPartitioner()
    partitioner.add(np.random.default_rng(0).permutation(1000))
    found = list(partitioner.partitions())
    assert [part.name for part in found] == ["0 to 199", "200 to 399", "400 to 599", "600 to 799", "800 to 999"]
    assert [part.rows.sum() for part in found] == [200] * QUANTILES


def test_numbers_keep_equal_numbers_together() -> None:
    partitioner = NumberPartitioner()
    partitioner.add(np.array([0.0] * 900 + [n + 0.5 for n in range(100)]))
    found = list(partitioner.partitions())
    assert [(part.name, part.rows.sum()) for part in found] == [("0", 900), ("0.5 to 99.5", 100)]


def test_numbers_give_few_integers_a_part_each() -> None:
    partitioner = NumberPartitioner()
    partitioner.add([3, 1, 2, 1])
    assert [(part.name, part.rows.tolist()) for part in partitioner.partitions()] == [
        ("1", [False, True, False, True]),
        ("2", [False, False, True, False]),
        ("3", [True, False, False, False]),
    ]


@given(st.lists(st.text("abc", max_size=3), min_size=1, max_size=60))
def test_text_partitioner_puts_each_text_in_one_partition(texts: list[str]) -> None:
    partitioner = TextPartitioner()
    partitioner.add(texts)
    assert_every_row_in_one_part(list(partitioner.partitions()))


def test_text_partitioner_lists_most_frequent_texts_then_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_slices_by_value, "MAX_VALUES", 2)
    partitioner = TextPartitioner()
    partitioner.add(["b", "a", "c"])
    partitioner.add(["a", "b", "d", "b"])
    assert [(part.name, part.rows.sum()) for part in partitioner.partitions()] == [("b", 3), ("a", 2), (OTHERS, 2)]


def test_text_partitioner_counts_texts_beyond_the_limit_as_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_slices_by_value, "MAX_DISTINCT", 3)
    partitioner = TextPartitioner()
    partitioner.add(["a", "b", "c", "d", "e", "a"])
    assert [(part.name, part.rows.sum()) for part in partitioner.partitions()] == [
        ("a", 2),
        ("b", 1),
        ("c", 1),
        (OTHERS, 2),
    ]


def test_classes_keep_their_order_and_omit_empty_ones() -> None:
    partitioner = ClassPartitioner(("coat", "bag", "boot"))
    partitioner.add(np.array([2, 0, 2], np.int32))
    assert [(part.name, part.rows.tolist()) for part in partitioner.partitions()] == [
        ("coat", [False, True, False]),
        ("boot", [True, False, True]),
    ]
