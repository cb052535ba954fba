"""Warn of numeric targets that are constant, have outliers, or use a code such as -999 for missing values."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

# Fewer labels than this may be equal by chance.
MIN_LABELS = 20
# Fewer labels than this have no quartiles to compare with.
MIN_QUARTILES = 5
# A label farther away from the median than this many interquartile ranges decides the squared error alone.
FAR = 1e6


def number_warnings(labels: Sequence[float], *, is_first: bool) -> list[str]:
    """Return warnings about a sample of labels that are numbers.

    Args:
        is_first: whether they are those of a table's first version; a few new ones may well be equal.
    """
    found = (missing_code_warning(labels), distribution_warning(labels) if is_first else None)
    return [warning for warning in found if warning is not None]


def distribution_warning(labels: Sequence[float]) -> str | None:
    """Return a warning about labels that are all equal, or of which some are far away from all others.

    Args:
        labels: a sample of the labels.
    """
    values = np.array(labels, np.float64)
    if len(values) < MIN_QUARTILES:
        return None
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    if len(values) >= MIN_LABELS and values.min() == values.max():
        return (
            f"All {len(values)} labels in a sample are {values[0]:.7g}: there is nothing to learn. Is "
            "data.source.columns.label the column of the labels?"
        )
    far = values[np.abs(values - middle) > FAR * (high - low)]
    if not len(far) or low == high:
        return None
    verb = "is" if len(far) == 1 else "are"
    return (
        f"{len(far)} of {len(values)} labels in a sample {verb} far away from the others, such as {far[0]:.7g}, where "
        f"half of all are from {low:.7g} to {high:.7g}; such a label outweighs all others in the error. Leave it empty "
        "if it is wrong."
    )


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
    """Return a number of nines, such as 999, that occurs several times far away from all others; None without one.

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
