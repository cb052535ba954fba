"""Warnings about columns of the training split that hold one value, or codes for missing values."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from headrace.features.tabular.row_cells import MISSING_SPELLINGS
from headrace.targets.regression.missing_codes import find_missing_code
from headrace.wording import join_names


def count_extremes(values: Sequence[float]) -> Counter[float]:
    """Return how often the two smallest and the two largest different values occur.

    The sum of those of several shards has the counts of the smallest and the largest value of all: in each shard that
    holds one, it is the smallest or the largest.
    """
    different, counts = np.unique(np.array(values, np.float64), return_counts=True)
    return Counter(
        {float(different[at]): int(counts[at]) for at in (0, 1, -2, -1) if -len(different) <= at < len(different)}
    )


def missing_code_warning(name: str, extremes: Mapping[float, int]) -> str | None:
    """Return a warning about a number of nines, such as -999, far away from all other numbers of a column.

    Args:
        extremes: sum of `count_extremes` of all shards.
    """
    found = find_missing_code(extremes)
    if found is None:
        return None
    return (
        f"{found.records:,} values of {name!r} in the training split are {found.code:g}, and the others are from "
        f"{found.low:g} to {found.high:g}; if it marks missing values, leave their cells empty."
    )


def category_warning(name: str, counts: Mapping[str | None, int]) -> str | None:
    """Return a warning about a category that tells no two rows apart, or whose values may stand for missing ones.

    Args:
        counts: rows of the training split by value; None for a missing one.
    """
    if set(counts) == {None}:
        return f"The category {name!r} is missing in all rows of the training split; a model learns nothing from it."
    if len(counts) == 1:
        return (
            f"All rows of the training split have the same value of the category {name!r}: {next(iter(counts))!r:.60}."
        )
    spellings = sorted(value for value in counts if value is not None and value.lower() in MISSING_SPELLINGS)
    if not spellings:
        return None
    return (
        f"Values of the category {name!r} may stand for missing ones, and are known as values: "
        f"{join_names(list(map(repr, spellings)))}. Leave the cells empty where the value is missing."
    )
