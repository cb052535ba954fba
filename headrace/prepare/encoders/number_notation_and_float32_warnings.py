"""Suggest how to write a text as a number, and warn of thousands separators and lost precision."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from headrace.errors import DataError
from headrace.features.contract_spec import Statistics

# Numbers with a decimal comma, or with thousands apart: 0,5 and 1,234.5 and 1 234,5 and 1_234.
OTHER_SEPARATORS = re.compile(r"[-+]?\d+(?:[.,'_\s]\d+)+")
# Dashes that are written for the sign: the minus sign of typesetters, and others.
MINUS_SIGNS = re.compile("^\\s*[\u2212\u2010-\u2014\ufe63\uff0d]\\s*(?=[\\d.])")
# A number with a unit before or after it: $5, 5 kg, 5%.
WITH_UNIT = re.compile(
    r"(?=.{1,40}$)(?:[A-Z]{3}\s|[A-Z]{0,3}[$€£¥]\s?)?[-+]?\d+(?:[.,]\d+)*\s?(?:[%‰°$€£¥][^\W\d_]?|(?:[^\W\d_]|[/²³])*)?"
)


def number_hint(text: str, *, is_label: bool = False) -> str:
    """Return how to write a text as the number that it seems to be; empty if that is not known.

    Args:
        is_label: whether it is the label, so that another task may be meant.
    """
    if sign := MINUS_SIGNS.match(text):
        return f"; write its sign {sign[0].strip()!r} ({unicodedata.name(sign[0].strip()).lower()}) as a hyphen: -5"
    if OTHER_SEPARATORS.fullmatch(text):
        return "; write numbers with a decimal point and no other separator, such as 1234.5"
    if WITH_UNIT.fullmatch(text):
        return "; leave out the unit, and write all numbers in the same one"
    if text.lower() in ("true", "false"):
        return f"; write 1 and 0{', or set prepare.task to classification' if is_label else ''}"
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return ""
    return "; it is a time: write a number, such as the days since the first one"


# 1.200 and 12.345, but not 0.125 or 1.25.
GROUPED = re.compile(r"\s*[-+]?[1-9]\d{0,2}\.\d{3}\s*")
WHOLE = re.compile(r"\s*[-+]?\d+\s*")
# Fewer numbers with a point, or without one, do not decide.
MIN_NUMBERS = 2
# Beside points between thousands there are hundreds: one of them is enough if a number with a point ends with a zero.
MIN_HUNDREDS = 1
# The same if no number ends with a zero: of ten with three decimals each, one does.
MIN_WITHOUT_ZERO = 5


class NumberFormat(StrEnum):
    """The format of a number: three digits after a point, a zero as the last of them, whole below 1000, or another."""

    GROUPED, GROUPED_ZERO, SMALL, HUNDREDS, OTHER = "grouped", "grouped_zero", "small", "hundreds", "other"


def number_format(text: str) -> NumberFormat:
    """Return how a number is written; SMALL and HUNDREDS are whole and below 100 and 1000: without thousands."""
    if GROUPED.fullmatch(text):
        return NumberFormat.GROUPED_ZERO if text.rstrip().endswith("0") else NumberFormat.GROUPED
    if not WHOLE.fullmatch(text) or abs(int(text)) >= 1000:
        return NumberFormat.OTHER
    return NumberFormat.HUNDREDS if abs(int(text)) >= 100 else NumberFormat.SMALL


def count_formats(texts: Iterable[str]) -> Counter[NumberFormat]:
    """Return the numbers by how they are written."""
    return Counter(map(number_format, texts))


def thousands_warning(what: str, counts: Counter[NumberFormat]) -> str | None:
    """Return a warning if the point of all numbers looks like a thousands separator; otherwise None.

    Decimals of a fixed number of digits are in all numbers of a column, and those of other columns have no zeros at
    their end, unless all of them are whole numbers of thousands. Without a zero it takes more numbers: decimals that
    are written as short as can be are rarely three digits or none, and never one or two.

    Args:
        what: the numbers in the sentence, in the plural.
    """
    grouped = counts[NumberFormat.GROUPED] + counts[NumberFormat.GROUPED_ZERO]
    small = counts[NumberFormat.SMALL] + counts[NumberFormat.HUNDREDS]
    with_zeros = counts[NumberFormat.GROUPED_ZERO] > 0
    least = MIN_NUMBERS if with_zeros else MIN_WITHOUT_ZERO
    least_small = MIN_HUNDREDS if with_zeros and counts[NumberFormat.HUNDREDS] else least
    if counts[NumberFormat.OTHER] or grouped < least or small < least_small:
        return None
    ends = ", with zeros at the end" if with_zeros else ""
    others = "1 is a whole number" if small == 1 else f"{small:,} are whole numbers"
    return (
        f"{what} may have points between thousands: {grouped:,} have three digits after a point{ends}, "
        f"and the other {others} below 1,000. A point is the decimal point, so that 1.200 is "
        "read as 1.2; if it is 1200, write it so."
    )


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
