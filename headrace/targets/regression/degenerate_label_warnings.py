"""Warn of regression targets that are constant or dominated by outliers."""

from collections.abc import Sequence

import numpy as np

from headrace.targets.regression.missing_code_warning import missing_code_warning

# Fewer labels than this may be equal by chance.
MIN_LABELS = 20
# Fewer labels than this have no quartiles to compare with.
MIN_QUARTILES = 5
# A label farther away from the median than this many distances of the quartiles decides the squared error alone.
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
