"""Batches of one input and of several are handled alike."""

import numpy as np
import pytest

from headrace.one_or_several_inputs import Inputs, map_arrays, row_count, select_rows

ONE = np.arange(6).reshape(3, 2)
SEVERAL: Inputs = {"a": ONE, "b": np.arange(3)}


@pytest.mark.parametrize("inputs", [ONE, SEVERAL], ids=["one", "several"])
def test_rows_are_counted_and_selected(inputs: Inputs) -> None:
    assert row_count(inputs) == 3
    assert row_count(select_rows(inputs, slice(1))) == 1
    assert row_count(select_rows(inputs, np.array([True, False, True]))) == 2


def test_each_array_is_selected_and_mapped() -> None:
    selected = select_rows(SEVERAL, [2, 0])
    assert isinstance(selected, dict)
    assert selected["a"].tolist() == [[4, 5], [0, 1]]
    assert selected["b"].tolist() == [2, 0]
    doubled = map_arrays(lambda values: 2 * values, SEVERAL)
    assert isinstance(doubled, dict)
    assert doubled["b"].tolist() == [0, 2, 4]
