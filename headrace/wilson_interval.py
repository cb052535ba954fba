"""Wilson score interval of a proportion, such as an accuracy."""

import math

QUANTILE_95 = 1.959963984540054


def wilson(right: int, rows: int) -> tuple[float, float]:
    """Return the 95% score interval of Wilson (1927), as fractions within 0 and 1.

    Args:
        right: 0 to `rows`.
        rows: 1 or more.
    """
    accuracy = right / rows
    z_squared = QUANTILE_95**2
    center = (accuracy + z_squared / (2 * rows)) / (1 + z_squared / rows)
    half_width = (
        QUANTILE_95
        / (1 + z_squared / rows)
        * math.sqrt(accuracy * (1 - accuracy) / rows + z_squared / (4 * rows * rows))
    )
    # Rounding must not leave the accuracy itself outside the interval.
    return max(0.0, min(accuracy, center - half_width)), min(1.0, max(accuracy, center + half_width))
