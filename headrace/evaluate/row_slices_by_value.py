"""Partition rows by the values of one column: numbers by quantiles, everything else by value. NumPy only."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

QUANTILES = 5
# Up to this many distinct whole numbers get a partition each; more are split by quantile.
MAX_NUMBERS = 8
MAX_VALUES = 20
# Values beyond this many distinct ones are counted as others, so that memory stays bounded.
MAX_DISTINCT = 10_000
OTHERS = "other values"


class Partition(NamedTuple):
    """A subset of the rows: its name and a mask over all rows."""

    name: str
    rows: NDArray[np.bool_]


def by_class(targets: NDArray[Any], classes: Sequence[str]) -> Iterator[Partition]:
    """Yield the rows of each class that has rows, in the order of the classes."""
    for number, name in enumerate(classes):
        rows = targets == number
        if rows.any():
            yield Partition(name, rows)


def partition_numbers(values: NDArray[Any]) -> Iterator[Partition]:
    """Yield one partition per distinct number if they are few and whole, else quantiles of about equal size."""
    if np.isnan(values).any():
        yield Partition("no number", np.isnan(values))
    known = values[~np.isnan(values)]
    distinct = np.unique(known)
    if len(distinct) <= MAX_NUMBERS and (distinct == np.round(distinct)).all():
        yield from (Partition(f"{value:,.0f}", values == value) for value in distinct)
        return
    ends = [-(-number * len(known) // QUANTILES) - 1 for number in range(1, QUANTILES)]
    edges = np.unique(np.sort(known)[ends])
    bounds = np.array([-np.inf, *edges[edges < distinct[-1]], np.inf])
    for low, high in zip(bounds[:-1], bounds[1:], strict=True):
        rows = (values > low) & (values <= high)
        lowest, highest = f"{values[rows].min():,.5g}", f"{values[rows].max():,.5g}"
        yield Partition(lowest if lowest == highest else f"{lowest} to {highest}", rows)


class TextPartitioner:
    """Collects the values of a text column and partitions the rows by them."""

    def __init__(self) -> None:
        self._codes: list[NDArray[np.int32]] = []
        self._codes_by_value: dict[str, int] = {}

    def add(self, values: Sequence[str]) -> None:
        """Add the values of the next rows."""
        self._codes.append(np.array([self._code(value) for value in values], np.int32))

    def partitions(self) -> Iterator[Partition]:
        """Yield one partition per frequent value, and one for all other values."""
        codes, names = np.concatenate(self._codes), list(self._codes_by_value)
        counts = np.bincount(codes[codes >= 0], minlength=len(names))
        frequent = sorted(range(len(names)), key=lambda code: (-counts[code], names[code]))[:MAX_VALUES]
        yield from (Partition(names[code], codes == code) for code in frequent)
        others = ~np.isin(codes, frequent)
        if others.any():
            yield Partition(OTHERS, others)

    def _code(self, value: str) -> int:
        if value not in self._codes_by_value and len(self._codes_by_value) == MAX_DISTINCT:
            return -1
        return self._codes_by_value.setdefault(value, len(self._codes_by_value))


class NumberPartitioner:
    """Collects the values of a numeric column and partitions the rows by them."""

    def __init__(self) -> None:
        self._values: list[NDArray[np.float64]] = []

    def add(self, values: Sequence[float] | NDArray[Any]) -> None:
        """Add the values of the next rows."""
        self._values.append(np.asarray(values, np.float64))

    def partitions(self) -> Iterator[Partition]:
        """See `partition_numbers`."""
        return partition_numbers(np.concatenate(self._values))


class ClassPartitioner:
    """Collects the class indices of the rows and partitions the rows by them."""

    def __init__(self, classes: Sequence[str]) -> None:
        self._classes = classes
        self._targets: list[NDArray[np.int64]] = []

    def add(self, values: NDArray[Any]) -> None:
        """Add the class indices of the next rows."""
        self._targets.append(values.astype(np.int64))

    def partitions(self) -> Iterator[Partition]:
        """See `by_class`."""
        return by_class(np.concatenate(self._targets), self._classes)
