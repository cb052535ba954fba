"""Cells of rows: numbers, categories, missing values, and what is rejected."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.config.sections.inputs.tabular import Tabular
from headrace.features.tabular.parse_row_cells import RowCells, interpret_cells
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources.tables.columns_of_one_record import Cells, write_cells

SPEC = Tabular(numbers=("size",), categories=("kind",))


def read(size: Any, kind: Any, spec: Tabular = SPEC) -> RowCells:
    """Return the cells of a row of a source."""
    return interpret_cells(json.loads(write_cells({"size": size, "kind": kind}, Cells(spec.names))), spec)


@pytest.mark.parametrize(
    ("size", "number"), [("1.5", 1.5), (1.5, 1.5), (3, 3.0), (" 7 ", 7.0), ("1e3", 1000.0), ("-0.0", 0.0)]
)
def test_number_is_read_from_text_and_from_numbers(size: Any, number: float) -> None:
    found = read(size, "a").numbers[0]
    assert found == number
    assert math.copysign(1.0, found or 1.0) == math.copysign(1.0, number or 1.0)


MISSING = (
    r"^.*the number of size is missing; prepare\.tabular\.missing=mean fills it with the mean of training \(of "
    r"several inputs prepare\.inputs\.NAME\.missing=mean\)$"
)


@pytest.mark.parametrize("size", ["", None, "NaN", "null", float("nan"), "\\N"])
def test_missing_number_is_rejected_or_filled(size: Any) -> None:
    with pytest.raises(RejectedRecordError, match=MISSING):
        read(size, "a")
    assert read(size, "a", SPEC.model_copy(update={"missing": "mean"})).numbers == (None,)


@pytest.mark.parametrize(
    ("size", "hint"),
    [("many", "prepare.tabular.categories"), ("1,5", "decimal point"), ("inf", ""), ("1e39", ""), ("5 kg", "unit")]
    + [(text, "marks a missing number, leave the cell empty") for text in ("NA", "n/a", "None", "?", "-")]
    + [("true", "1 and 0"), ("2024-01-31", "the days since the first one"), (math.inf, ""), ("1_000", "")],
)
def test_what_is_no_finite_number_is_rejected_with_a_hint(size: Any, hint: str) -> None:
    for spec in (SPEC, SPEC.model_copy(update={"missing": "mean"})):
        with pytest.raises(RejectedRecordError, match="not a finite 32-bit number") as error:
            read(size, "a", spec)
        assert error.value.reason == Reason.BAD_VALUE
        assert hint in error.value.detail


@pytest.mark.parametrize("size", ["1e-50", "-1E-400", 1e-50])
def test_number_that_is_0_in_32_bits_only_is_rejected(size: Any) -> None:
    """It became 0 without a word, where the same label was rejected."""
    with pytest.raises(RejectedRecordError, match="which is 0 as a 32-bit number; write the numbers in a smaller unit"):
        read(size, "a")
    assert read("0e5", "a").numbers == read("-0.00", "a").numbers == (0.0,)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("a", "a"),
        (" a ", "a"),
        ("e\u0301", "é"),
        (1, "1"),
        (1.0, "1"),
        ("1.0", "1"),
        ("-7.0", "-7"),
        ("0.0", "0"),
        ("1.10", "1.10"),
        ("1.00", "1.00"),
        ("01.0", "01.0"),
        ("01", "01"),
        (True, "true"),
        ("True", "true"),
        ("A", "A"),
    ]
    + [("", None), (None, None), ("NULL", None), (float("nan"), None)],
)
def test_category_is_a_normalized_name_or_missing(kind: Any, name: str | None) -> None:
    assert read(1, kind).categories == (name,)


@pytest.mark.parametrize("cell", [[1], {"a": 1}, b"\xff"])
def test_cell_that_is_not_one_value_is_rejected(cell: Any) -> None:
    with pytest.raises(RejectedRecordError):
        read(1, cell)


def test_damaged_category_is_rejected() -> None:
    with pytest.raises(RejectedRecordError, match="NUL"):
        read(1, "a\0b")


@given(st.floats(width=32, allow_nan=False, allow_infinity=False), st.text(st.characters(exclude_characters="\0")))
def test_cells_are_restored_from_their_text(size: float, kind: str) -> None:
    cells = read(repr(size), kind)
    assert RowCells.from_text(cells.as_text()) == cells
    assert cells.numbers == (size,)
    assert json.loads(cells.as_text()) == [list(cells.numbers), list(cells.categories)]
