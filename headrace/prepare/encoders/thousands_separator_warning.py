"""Detect columns of numbers whose point may be a thousands separator, as in German, and not a decimal point."""

import re
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

# 1.200 and 12.345, but not 0.125 or 1.25.
GROUPED = re.compile(r"\s*[-+]?[1-9]\d{0,2}\.\d{3}\s*")
WHOLE = re.compile(r"\s*[-+]?\d+\s*")
# Fewer numbers with and without a point are too few to decide.
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
