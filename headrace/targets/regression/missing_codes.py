"""Numbers that stand for a missing label, such as -999: a model would learn them as labels."""

from collections.abc import Sequence

import numpy as np

# -99, -999, ... and 999, 9999, ...: what instruments, surveys and statistics programs write for no value.
CODES = tuple(sign * float(10**digits - 1) for digits in range(2, 10) for sign in (-1, 1))
MIN_RECORDS = 2


def missing_code_warning(labels: Sequence[float]) -> str | None:
    """Return a warning about a number of nines that several labels have, far away from all other labels.

    Far is farther than the others are from each other, so that a share of 99 % or a price of 999 is none.

    Args:
        labels: a sample of the labels.
    """
    values, counts = np.unique(np.array(labels, np.float64), return_counts=True)
    if len(values) < 3:
        return None
    for code, count, others in ((values[0], counts[0], values[1:]), (values[-1], counts[-1], values[:-1])):
        distance = np.abs(others - code).min()
        if code in CODES and count >= MIN_RECORDS and distance > others[-1] - others[0]:
            return (
                f"{count} of {len(labels)} labels in a sample are {code:g}, and the others are from {others[0]:g} to "
                f"{others[-1]:g}; if it marks missing labels, leave them empty."
            )
    return None
