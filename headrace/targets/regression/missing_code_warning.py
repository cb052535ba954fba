"""Detect codes of missing values such as -999, which a model would take for real values."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

# -99, -999, ... and 999, 9999, ...: what instruments, surveys and statistics programs write for no value.
CODES = tuple(sign * float(10**digits - 1) for digits in range(2, 10) for sign in (-1, 1))
MIN_RECORDS = 2


class MissingCode(NamedTuple):
    """A number that may stand for missing values, how often it occurs, and the range of the others."""

    code: float
    records: int
    low: float
    high: float


def find_missing_code(counts: Mapping[float, int]) -> MissingCode | None:
    """Return a number of nines that several values are, far away from all others; None without one.

    Far is farther than the others are from each other, so that a share of 99 % or a price of 999 is no code.

    Args:
        counts: how often values occur; of the others, those next to the smallest and the largest are enough.
    """
    values = sorted(counts)
    if len(values) < 3:
        return None
    for code, others in ((values[0], values[1:]), (values[-1], values[:-1])):
        low, high = others[0], others[-1]
        if code in CODES and counts[code] >= MIN_RECORDS and min(abs(low - code), abs(high - code)) > high - low:
            return MissingCode(code, counts[code], low, high)
    return None


def missing_code_warning(labels: Sequence[float]) -> str | None:
    """Return a warning about labels that `find_missing_code` finds.

    Args:
        labels: a sample of the labels.
    """
    values, counts = np.unique(np.array(labels, np.float64), return_counts=True)
    found = find_missing_code(dict(zip(values.tolist(), counts.tolist(), strict=True)))
    if found is None:
        return None
    return (
        f"{found.records} of {len(labels)} labels in a sample are {found.code:g}, and the others are from "
        f"{found.low:g} to {found.high:g}; if it marks missing labels, leave them empty."
    )
