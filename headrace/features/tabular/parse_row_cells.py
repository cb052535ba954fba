"""Parse and convert the cells of a row: JSON text first, then numbers and categories."""

import json
import math
import re
from collections.abc import Mapping
from typing import NamedTuple

from headrace.config.sections.inputs.tabular import Tabular
from headrace.prepare.encoders.label_normalization import normalize_label
from headrace.prepare.encoders.number_notation_and_float32_warnings import is_underflow, number_hint, parse_float32
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError

# A whole number as Python writes it as a float; 01.0 and 1.00 are codes. Of 16 digits and more, a float is not exact.
WHOLE_FLOAT = re.compile(r"(?:0|-?[1-9][0-9]{0,14})\.0")
# Texts that people and statistics programs write for a missing value, in lower case, and that may be values as well.
MISSING_SPELLINGS = frozenset(("na", "n/a", "#n/a", "#na", "n.a.", "none", "nil", "missing", "-", "--", "?", "."))


class RowCells(NamedTuple):
    """The cells of a row, in the order of the section `tabular`.

    Attributes:
        numbers: float32 values; None for a missing one.
        categories: normalised names; None for a missing one.
    """

    numbers: tuple[float | None, ...]
    categories: tuple[str | None, ...]

    def as_text(self) -> str:
        """Return the cells as text; equal rows have equal texts."""
        return json.dumps(self, ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> "RowCells":
        """Return the cells of a text of `as_text`."""
        numbers, categories = json.loads(text)
        return cls(tuple(numbers), tuple(categories))


def interpret_cells(cells: Mapping[str, str | None], spec: Tabular) -> RowCells:
    """Return the numbers and categories of the cells of a row.

    Raises:
        RejectedRecordError: a cell is not a number, is infinite, too large or too small for 32 bits, or is missing
            where `spec` rejects missing numbers.
    """
    numbers = tuple(_number(name, cells[name], spec) for name in spec.numbers)
    return RowCells(numbers, tuple(_category(name, cells[name]) for name in spec.categories))


def _number(name: str, cell: str | None, spec: Tabular) -> float | None:
    text = normalize_label(cell)
    if not text:
        if spec.missing == "mean":
            return None
        raise RejectedRecordError(
            Reason.BAD_VALUE,
            f"the number of {name} is missing; prepare.tabular.missing=mean fills it with the mean of training "
            "(of several inputs prepare.inputs.NAME.missing=mean)",
        )
    number = parse_float32(text)
    if not math.isfinite(number):
        hint = _missing_hint(text) or number_hint(text)
        hint = hint or f"; if it is a name or a code, name {name} in prepare.tabular.categories"
        raise RejectedRecordError(
            Reason.BAD_VALUE, f"{name} is {text!r:.60}, which is not a finite 32-bit number{hint}"
        )
    if is_underflow(text, number):
        raise RejectedRecordError(
            Reason.BAD_VALUE,
            f"{name} is {text!r:.60}, which is 0 as a 32-bit number; write the numbers in a smaller unit, or 0",
        )
    # -0.0 and 0.0 are the same number.
    return number + 0.0


def _missing_hint(text: str) -> str:
    is_missing = text.lower() in MISSING_SPELLINGS
    return "; if it marks a missing number, leave the cell empty" if is_missing else ""


def _category(name: str, cell: str | None) -> str | None:
    if cell is not None and "\0" in cell:
        raise RejectedRecordError(Reason.BAD_VALUE, f"{name} is damaged: it holds a NUL character")
    text = normalize_label(cell)
    if not text:
        return None
    # pandas writes 7 as 7.0 as soon as one cell of the column is missing; a whole number of Parquet or JSON is 7.
    if WHOLE_FLOAT.fullmatch(text):
        return text.removesuffix(".0")
    # A truth value of Parquet is true, and one that pandas wrote as CSV is True.
    return text.lower() if text.lower() in ("true", "false") else text
