"""Detect the loss of precision of numbers that are stored as float32."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from headrace.errors import DataError
from headrace.features.contract_part import Statistics

# Labels that a task keeps, so that the driver can compare them before and after rounding.
SAMPLE = 1000
# Two labels that are closer than this fraction of the spread of all may become equal.
NEGLIGIBLE = 1e-6
# Share of the different labels that may become equal.
TOLERATED = 0.01
# A float32 has a precision of 2**-24. Rounding by more than this fraction of the standard deviation is reported.
ROUNDING = 1e-3


def require_distinct_labels(labels: Sequence[float]) -> None:
    """Raise if labels that differ become equal as float32.

    Args:
        labels: a sample of the labels, as float64.

    Raises:
        DataError: more than `TOLERATED` of the different labels become equal to another one.
    """
    exact = np.unique(np.array(labels, np.float64))
    merged = _count_merged(exact)
    if merged > TOLERATED * len(exact):
        raise DataError(
            f"Of {len(exact)} different labels, from {exact[0]:.17g} to {exact[-1]:.17g}, {merged} become equal to "
            "another one, because labels are stored as 32-bit numbers with 7 digits; nothing was committed. Subtract a "
            "constant from the label column, such as its mean, or use a larger unit."
        )


def _count_merged(exact: NDArray[np.float64]) -> int:
    """Return how many of the sorted values `exact` become equal to the one before, at a distance that matters."""
    if len(exact) < 2:
        return 0
    low, high = np.quantile(exact, (0.25, 0.75))
    rounded = exact.astype(np.float32)
    return int(((np.diff(rounded) == 0) & (np.diff(exact) > NEGLIGIBLE * (high - low))).sum())


def feature_warning(statistics: Statistics, names: Sequence[str]) -> str | None:
    """Return a warning about features whose values, far from 0 and close together, are coarse as float32."""
    pairs = zip(names, statistics.mean, statistics.standard_deviation, strict=True)
    coarse = [(name, mean, spread) for name, mean, spread in pairs if abs(mean) * 2**-24 > ROUNDING * spread > 0]
    if not coarse:
        return None
    listed = "; ".join(f"{name}: mean {mean:.8g}, standard deviation {spread:.3g}" for name, mean, spread in coarse)
    return (
        f"Numbers are stored as 32-bit ones with 7 digits, which rounds these columns by more than {ROUNDING:.1%} of "
        f"their standard deviation: {listed}. Subtract a constant from these columns, such as their mean."
    )


def is_underflow(text: str, number: float) -> bool:
    """Return whether a number is 0 as float32 only, as that of 1e-50 is.

    Args:
        number: what `parse_float32` returns for `text`.
    """
    mantissa = text.lower().partition("e")[0]
    return number == 0 and any(one.isdecimal() and int(one) for one in mantissa)


def parse_float32(text: str) -> float:
    """Return the number rounded to float32: infinite if it is too large, NaN if `text` is not a number.

    Python alone reads 1_000 as a thousand; elsewhere it is a name, such as 2024_01.
    """
    if "_" in text:
        return math.nan
    try:
        with np.errstate(over="ignore"):
            return float(np.float32(text))
    except ValueError:
        return math.nan
