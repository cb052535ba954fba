"""Every row is in one part of a column; parts are named by what is in them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.evaluate import binning
from headrace.evaluate.binning import OTHERS, QUANTILES, Classes, Numbers, Partition, Values

values = st.lists(st.one_of(st.floats(-1e6, 1e6, width=32), st.just(float("nan"))), min_size=1, max_size=80)


def once(found: list[Partition]) -> None:
    assert (np.sum([part.rows for part in found], axis=0) == 1).all()
    assert all(part.rows.any() for part in found)


@given(values)
def test_each_number_is_in_one_part(numbers: list[float]) -> None:
    holder = Numbers()
    for begin in range(0, len(numbers), 7):
        holder.add(numbers[begin : begin + 7])
    once(list(holder.parts()))


def test_many_numbers_are_cut_into_parts_of_equal_size_named_by_their_ends() -> None:
    holder = Numbers()
    holder.add(np.random.default_rng(0).permutation(1000))
    found = list(holder.parts())
    assert [part.name for part in found] == ["0 to 199", "200 to 399", "400 to 599", "600 to 799", "800 to 999"]
    assert [part.rows.sum() for part in found] == [200] * QUANTILES


def test_equal_numbers_stay_together() -> None:
    holder = Numbers()
    holder.add(np.array([0.0] * 900 + [n + 0.5 for n in range(100)]))
    found = list(holder.parts())
    assert [(part.name, part.rows.sum()) for part in found] == [("0", 900), ("0.5 to 99.5", 100)]


def test_few_whole_numbers_are_told_apart() -> None:
    holder = Numbers()
    holder.add([3, 1, 2, 1])
    assert [(part.name, part.rows.tolist()) for part in holder.parts()] == [
        ("1", [False, True, False, True]),
        ("2", [False, False, True, False]),
        ("3", [True, False, False, False]),
    ]


@given(st.lists(st.text("abc", max_size=3), min_size=1, max_size=60))
def test_each_text_is_in_one_part(texts: list[str]) -> None:
    holder = Values()
    holder.add(texts)
    once(list(holder.parts()))


def test_the_most_frequent_texts_come_first_and_the_rest_is_one_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binning, "MAX_VALUES", 2)
    holder = Values()
    holder.add(["b", "a", "c"])
    holder.add(["a", "b", "d", "b"])
    assert [(part.name, part.rows.sum()) for part in holder.parts()] == [("b", 3), ("a", 2), (OTHERS, 2)]


def test_more_texts_than_are_kept_apart_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binning, "MAX_DISTINCT", 3)
    holder = Values()
    holder.add(["a", "b", "c", "d", "e", "a"])
    assert [(part.name, part.rows.sum()) for part in holder.parts()] == [("a", 2), ("b", 1), ("c", 1), (OTHERS, 2)]


def test_classes_come_in_their_order_without_those_that_have_no_rows() -> None:
    holder = Classes(("coat", "bag", "boot"))
    holder.add(np.array([2, 0, 2], np.int32))
    assert [(part.name, part.rows.tolist()) for part in holder.parts()] == [
        ("coat", [False, True, False]),
        ("boot", [True, False, True]),
    ]
