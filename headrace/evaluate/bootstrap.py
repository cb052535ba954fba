"""Bootstrap confidence intervals of 95%: rows are resampled with replacement, percentile method.

Efron, Tibshirani: An introduction to the bootstrap. Chapman and Hall (1993), chapter 13.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.evaluate.classifier_scores import accuracy, class_ratios

DRAWS = 500
PERCENTILES = (2.5, 97.5)
SEED = 0
# More rows than this are drawn in groups, so that millions take no longer.
MAX_GROUPS = 10_000

Intervals = dict[str, tuple[float, float]]


def confusion_intervals(confusion: NDArray[np.int64], classes: Sequence[int] | None = None) -> Intervals:
    """Return the intervals of accuracy and of macro F1 over `classes` (default: all)."""
    chosen = list(range(len(confusion)) if classes is None else classes)
    return _intervals(
        [
            {"accuracy": accuracy(one), "macro_f1": float(class_ratios(one)[2, chosen].mean())}
            for one in _drawn_confusions(confusion)
        ]
    )


def class_intervals(confusion: NDArray[np.int64]) -> list[Intervals]:
    """Return the intervals of precision, recall and F1 of each class, in order."""
    drawn = np.array([class_ratios(one) for one in _drawn_confusions(confusion)])
    low, high = np.percentile(drawn, PERCENTILES, axis=0)
    names = ("precision", "recall", "f1")
    return [
        {name: (float(low[place, number]), float(high[place, number])) for place, name in enumerate(names)}
        for number in range(len(confusion))
    ]


def sum_intervals(
    figures: Callable[[NDArray[np.float64]], Mapping[str, float]], terms: Sequence[NDArray[Any]]
) -> Intervals:
    """Return the intervals of metrics that are functions of sums over rows, such as a mean.

    Of more rows than MOST_GROUPS, groups of equal size are drawn, into which rows were dealt at random: their sums
    have the spread that sums of single rows have.

    Args:
        figures: of the number of rows and the sum of each of `terms`, in this order.
        terms: at least one, each (rows,), numbers or truth values.
    """
    random, rows = np.random.default_rng(SEED), len(terms[0])
    groups = min(rows, MAX_GROUPS)
    dealt = random.permutation(rows) % groups
    sums: NDArray[np.float64] = np.stack([np.bincount(dealt, term, groups) for term in (np.ones(rows), *terms)], axis=1)
    draws = (np.bincount(random.integers(0, groups, groups), minlength=groups) for _ in range(DRAWS))
    return _intervals([figures(times.astype(np.float64) @ sums) for times in draws])


def mean_intervals(means: Mapping[str, NDArray[np.float64]]) -> Intervals:
    """Return the interval of the mean of each array, (rows,), by its name."""
    names = tuple(means)
    return sum_intervals(
        lambda sums: dict(zip(names, (sums[1:] / sums[0]).tolist(), strict=True)), tuple(means.values())
    )


def lower_bound(difference: Callable[[NDArray[np.int64]], float], rows: int, confidence: float) -> float:
    """Return the one-sided lower confidence bound of a difference, computed on the indices of resampled rows."""
    random = np.random.default_rng(SEED)
    drawn = [difference(random.integers(0, rows, rows)) for _ in range(DRAWS)]
    return float(np.percentile(drawn, 100 * (1 - confidence)))


def _drawn_confusions(confusion: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Return confusion matrices of resampled rows; cells are drawn instead of rows, which is faster and equivalent."""
    random, rows = np.random.default_rng(SEED), int(confusion.sum())
    filled = np.flatnonzero(confusion)
    shares = confusion.ravel()[filled] / rows
    for _ in range(DRAWS):
        one = np.zeros(confusion.size, np.int64)
        one[filled] = random.multinomial(rows, shares)
        yield one.reshape(confusion.shape)


def _intervals(drawn: Sequence[Mapping[str, float]]) -> Intervals:
    found = {}
    for name in drawn[0]:
        low, high = np.percentile([one[name] for one in drawn], PERCENTILES)
        found[name] = (float(low), float(high))
    return found
