"""Warnings of labels from which a model would learn nothing, or something else than the user means."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from headrace.targets.regression.missing_codes import missing_code_warning

# Fewer labels may be equal by chance, as in an increment of a few records.
MIN_LABELS = 10
# A label this many times farther from the others than they are from each other dominates every squared error.
FAR = 1000


def label_warnings(labels: Sequence[float]) -> list[str]:
    """Return a warning of labels that are all equal, of a missing code, and of a label far away from all others.

    Args:
        labels: a sample of the labels.
    """
    values = np.unique(np.array(labels, np.float64))
    found = (_constant(values, len(labels)), missing_code_warning(labels), _distant(values, len(labels)))
    return [warning for warning in found if warning is not None]


def _constant(values: NDArray[np.float64], rows: int) -> str | None:
    if len(values) != 1 or rows < MIN_LABELS:
        return None
    return f"All {rows} labels in a sample are {values[0]:g}: there is nothing to learn from them."


def _distant(values: NDArray[np.float64], rows: int) -> str | None:
    if len(values) < MIN_LABELS:
        return None
    for label, others in ((values[0], values[1:]), (values[-1], values[:-1])):
        if np.abs(others - label).min() > FAR * (others[-1] - others[0]):
            return (
                f"A label in a sample of {rows} is {label:g}, and the others are from {others[0]:g} to {others[-1]:g}: "
                "squared errors will be of this record alone. If it is wrong, correct it or leave it empty."
            )
    return None
