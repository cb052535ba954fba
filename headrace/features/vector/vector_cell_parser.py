"""Read the components of a vector from JSON text: of an input, or of a label."""

import json
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from headrace.config.sections.inputs.vector import Vector
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.wording import short_repr


def read_vector(text: str, section: Vector) -> NDArray[np.float32]:
    """Return the components of the vector in the cells of a row, as JSON text: (size,).

    Raises:
        RejectedRecordError: the vector is missing, has another size, a component is no finite 32-bit number, or all
            components are too small for 32 bits.
    """
    cells: Mapping[str, str | None] = json.loads(text)
    cell = (cells[section.column] or "").strip()
    if not cell:
        if section.missing == "empty":
            return np.zeros(section.size, np.float32)
        raise RejectedRecordError(Reason.EMPTY, f"the column {section.column} is empty; `missing: empty` accepts it")
    values = parse_numbers(cell, section.column)
    if len(values) != section.size:
        raise RejectedRecordError(
            Reason.BAD_VALUE, f"{section.column} has {len(values)} numbers, and `size` is {section.size}"
        )
    return finite_components(values, section.column)


def parse_numbers(cell: str, name: str, reason: Reason = Reason.BAD_VALUE) -> list[float]:
    """Return the numbers of a list of JSON.

    Args:
        name: what the vector is called in a message.
        reason: of the rejection.

    Raises:
        RejectedRecordError: the text is no list, or a member of it is no number.
    """
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        found = None
    # A whole number too large for a float is not finite either.
    numbers = [_as_float(one) for one in found if type(one) in (int, float)] if isinstance(found, list) else None
    if numbers is None or len(numbers) < len(found):
        raise RejectedRecordError(
            reason, f"{name} is {short_repr(cell)}; expected a list of numbers, such as [0.5, -1.25]"
        )
    return numbers


def finite_components(values: Sequence[float], name: str, reason: Reason = Reason.BAD_VALUE) -> NDArray[np.float32]:
    """Return numbers as the components of a vector, (size,), where -0.0 is 0.0, the same number.

    Args:
        name: what the vector is called in a message.
        reason: of the rejection.

    Raises:
        RejectedRecordError: one of them is not a finite 32-bit number, or all become 0 as such numbers.
    """
    with np.errstate(over="ignore"):
        components = np.array(values, np.float32)
    if not np.isfinite(components).all():
        at = int(np.flatnonzero(~np.isfinite(components))[0])
        raise RejectedRecordError(reason, f"number {at} of {name} is {values[at]}, which is not a finite 32-bit number")
    if any(values) and not components.any():
        raise RejectedRecordError(
            reason,
            f"all numbers of {name} are 0 as 32-bit numbers, such as {next(filter(None, values))}; write them in a "
            "smaller unit",
        )
    return components + np.float32(0)


def _as_float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf
