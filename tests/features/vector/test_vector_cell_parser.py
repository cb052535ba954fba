"""Vectors are read from JSON text, exactly in 32 bits, or rejected with a reason."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.config.sections.inputs.vector import Vector
from headrace.features.vector.vector_cell_parser import read_vector
from headrace.prepare.rejects.reasons_and_exceptions import RejectedRecordError

SECTION = Vector(column="v", size=3)
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


def cells(value: object) -> str:
    """Return the cells of a row as text."""
    return json.dumps({"v": value if value is None else str(value)})


@given(st.lists(FLOATS, min_size=3, max_size=3))
def test_components_are_the_numbers_of_the_list(values: list[float]) -> None:
    found = read_vector(cells(json.dumps(values)), SECTION)
    assert found.dtype == np.float32
    assert np.array_equal(found, np.array(values, np.float32))
    assert not np.signbit(found[found == 0]).any()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "the column v is empty; `missing: empty` accepts it"),
        (" ", "the column v is empty"),
        ("[1, 2]", "v has 2 numbers, and `size` is 3"),
        ("[1, 2, 3, 4]", "v has 4 numbers"),
        ("[]", "v has 0 numbers"),
        ("1, 2, 3", "v is '1, 2, 3'; expected a list of numbers"),
        ("[1, 2, null]", "expected a list of numbers"),
        ('[1, 2, "3"]', "expected a list of numbers"),
        ("[1, 2, true]", "expected a list of numbers"),
        ("[[1], [2], [3]]", "expected a list of numbers"),
        ('{"a": 1}', "expected a list of numbers"),
        ("[1, NaN, 3]", "number 1 of v is nan, which is not a finite 32-bit number"),
        ("[1, 2, -Infinity]", "number 2 of v is -inf"),
        ("[1e39, 2, 3]", r"number 0 of v is 1e\+39, which is not a finite 32-bit number"),
        ("[0, 1e-50, 0]", "all numbers of v are 0 as 32-bit numbers, such as 1e-50; write them in a smaller unit"),
        (f"[{10**400}, 2, 3]", "number 0 of v is inf, which is not a finite 32-bit number"),
    ],
)
def test_what_is_no_vector_is_rejected(value: object, reason: str) -> None:
    with pytest.raises(RejectedRecordError, match=reason):
        read_vector(cells(value), SECTION)


def test_single_component_may_become_zero() -> None:
    """Probabilities beside others are often as small."""
    assert read_vector(cells("[0, 1e-50, 1]"), SECTION).tolist() == [0.0, 0.0, 1.0]
    assert read_vector(cells("[0, 0, 0]"), SECTION).tolist() == [0.0, 0.0, 0.0]


def test_missing_vector_may_be_zeros() -> None:
    section = Vector(column="v", size=3, missing="empty")
    assert read_vector(cells(None), section).tolist() == [0.0, 0.0, 0.0]
