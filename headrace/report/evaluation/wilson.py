"""Confidence interval of an accuracy, from the numbers of correct and of all rows."""

import math

QUANTILE_95 = 1.959963984540054


def wilson(right: int, rows: int) -> tuple[float, float]:
    """Return the 95% score interval of Wilson (1927), as fractions within 0 and 1.

    Args:
        right: 0 to `rows`.
        rows: 1 or more.
    """
    share = right / rows
    square = QUANTILE_95**2
    center = (share + square / (2 * rows)) / (1 + square / rows)
    half = QUANTILE_95 / (1 + square / rows) * math.sqrt(share * (1 - share) / rows + square / (4 * rows * rows))
    # Rounding must not put an end on the wrong side of the share itself.
    return max(0.0, min(share, center - half)), min(1.0, max(share, center + half))
