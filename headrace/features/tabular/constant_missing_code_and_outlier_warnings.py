"""Warn of constant columns, missing-value codes and outliers in the training split."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from headrace.features.tabular.parse_row_cells import MISSING_SPELLINGS
from headrace.prepare.labels.spreadsheet_damage import spreadsheet_changes
from headrace.prepare.labels.suspicious_class_names_and_counts import FORMULA
from headrace.targets.regression.label_warnings import find_missing_code
from headrace.wording import join_names

# A value this many times farther from the others than these are from each other decides mean and variance alone.
FAR, MIN_VALUES = 1000.0, 20
# Few values may be close together by chance; beyond this distance they are equal as 32-bit numbers of unit variance.
FAR_OF_FEW, MIN_FEW = 1e6, 5
SHOWN = 5


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
    """Return a warning about a code such as -999, all digits nines, far away from all other numbers of a column.

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


def far_value_warning(name: str, extremes: Mapping[float, int], total: int) -> str | None:
    """Return a warning about one value, once or several times, that is far away from all others of a column.

    Args:
        extremes: sum of `count_extremes` of all shards.
        total: number of values.
    """
    values = sorted(extremes)
    if len(values) < 3:
        return None
    for value, others in ((values[0], values[1:]), (values[-1], values[:-1])):
        low, high = others[0], others[-1]
        if is_far(value, low, high, total):
            return describe_far_value(name, value, extremes[value], total, low, high)
    return None


def is_far(value: float, low: float, high: float, total: int) -> bool:
    """Return whether a value outweighs all others, which are from `low` to `high`.

    Args:
        total: number of values.
    """
    factor = FAR if total >= MIN_VALUES else FAR_OF_FEW
    return total >= MIN_FEW and min(abs(low - value), abs(high - value)) > factor * (high - low)


def describe_far_value(name: str, value: float, number: int, total: int, low: float, high: float) -> str:
    """Return the warning about a value that is there `number` times, where the others are from `low` to `high`."""
    verb = "is" if number == 1 else "are"
    return (
        f"{number:,} of {total:,} values of {name!r} {verb} {value:g}, and the others are from {low:g} to {high:g}, "
        "which become almost equal as numbers are scaled by their mean and variance. Leave the cell empty if it is "
        "wrong."
    )


def missing_number_warning(name: str, present: int, rows: int) -> str | None:
    """Return a warning about a number of which more than half of the cells are missing and replaced by its mean."""
    if 2 * present >= rows:
        return None
    return (
        f"{rows - present:,} of {rows:,} cells of {name!r} in the training split are missing and become the mean "
        f"of the others. Remove {name!r} from prepare.tabular.numbers if that is not informative."
    )


def category_warning(name: str, counts: Mapping[str | None, int]) -> str | None:
    """Return a warning about a category that is constant, or whose values may stand for missing ones.

    Args:
        counts: rows of the training split by value; None for a missing one.
    """
    if set(counts) == {None}:
        return f"The category {name!r} is missing in all rows of the training split; a model learns nothing from it."
    if len(counts) == 1:
        return (
            f"All rows of the training split have the same value of the category {name!r}: {next(iter(counts))!r:.60}."
        )
    formulas = sorted(value for value in counts if value is not None and FORMULA.fullmatch(value))
    if formulas:
        return (
            f"Values of the category {name!r} are formulas of a spreadsheet, and are kept as text: "
            f"{join_names(list(map(repr, formulas[:SHOWN])))}. Export their values."
        )
    changes = spreadsheet_changes(value for value in counts if value is not None)
    if changes:
        change, changed = next(iter(changes.items()))
        return (
            f"Values of the category {name!r} may be {change}: {join_names(list(map(repr, changed[:SHOWN])))}. Write "
            "them as in the original."
        )
    spellings = sorted(value for value in counts if value is not None and value.lower() in MISSING_SPELLINGS)
    if not spellings:
        return None
    return (
        f"Values of the category {name!r} may stand for missing ones, and are treated as categories: "
        f"{join_names(list(map(repr, spellings)))}. Leave the cells empty where the value is missing."
    )
