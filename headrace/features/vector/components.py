"""Read the components of a vector from JSON text."""

import json
import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from headrace.config.sections.vector import Vector
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.wording import short_repr


def read_vector(text: str, section: Vector) -> NDArray[np.float32]:
    """Return the components of the vector in the cells of a row, as JSON text: (size,).

    Raises:
        RejectedRecordError: the vector is missing, has another size, or a component is no finite 32-bit number.
    """
    cells: Mapping[str, str | None] = json.loads(text)
    cell = (cells[section.column] or "").strip()
    if not cell:
        if section.missing == "empty":
            return np.zeros(section.size, np.float32)
        raise RejectedRecordError(Reason.EMPTY, f"the column {section.column} is empty; `missing: empty` accepts it")
    values = _numbers(cell, section.column)
    if len(values) != section.size:
        raise RejectedRecordError(
            Reason.BAD_VALUE, f"{section.column} has {len(values)} numbers, and `size` is {section.size}"
        )
    with np.errstate(over="ignore"):
        components = np.array(values, np.float32)
    if not np.isfinite(components).all():
        at = int(np.flatnonzero(~np.isfinite(components))[0])
        raise RejectedRecordError(
            Reason.BAD_VALUE, f"number {at} of {section.column} is {values[at]}, which is not a finite 32-bit number"
        )
    # -0.0 and 0.0 are the same number.
    return components + np.float32(0)


def _numbers(cell: str, column: str) -> list[float]:
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        found = None
    # A whole number too large for a float is not finite either.
    numbers = [_as_float(one) for one in found if type(one) in (int, float)] if isinstance(found, list) else None
    if numbers is None or len(numbers) < len(found):
        raise RejectedRecordError(
            Reason.BAD_VALUE, f"{column} is {short_repr(cell)}; expected a list of numbers, such as [0.5, -1.25]"
        )
    return numbers


def _as_float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf
