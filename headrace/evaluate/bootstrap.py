"""95% bootstrap confidence intervals: rows are resampled with replacement; percentile method.

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
# Rows beyond this number are resampled in groups, so that millions of rows take no longer.
MAX_GROUPS = 10_000

Intervals = dict[str, tuple[float, float]]


def confusion_intervals(confusion: NDArray[np.int64], classes: Sequence[int] | None = None) -> Intervals:
    """Return the intervals of accuracy and of macro F1 over `classes` (default: all)."""
    selected = list(range(len(confusion)) if classes is None else classes)
    return _intervals(
        [
            {"accuracy": accuracy(sample), "macro_f1": float(class_ratios(sample)[2, selected].mean())}
            for sample in _resampled_confusions(confusion)
        ]
    )


def class_intervals(confusion: NDArray[np.int64]) -> list[Intervals]:
    """Return the intervals of precision, recall and F1 of each class, in order."""
    samples = np.array([class_ratios(sample) for sample in _resampled_confusions(confusion)])
    low, high = np.percentile(samples, PERCENTILES, axis=0)
    names = ("precision", "recall", "f1")
    return [
        {name: (float(low[index, class_index]), float(high[index, class_index])) for index, name in enumerate(names)}
        for class_index in range(len(confusion))
    ]


def sum_intervals(
    figures: Callable[[NDArray[np.float64]], Mapping[str, float]], terms: Sequence[NDArray[Any]]
) -> Intervals:
    """Return the intervals of metrics that are functions of sums over rows, such as a mean.

    More than MAX_GROUPS rows are assigned at random to groups of equal size, and the groups are resampled: their sums
    spread as the sums of single rows do.

    Args:
        figures: returns the metrics, given the number of rows and the sum of each of `terms`, in this order.
        terms: at least one, each (rows,), numbers or booleans.
    """
    random, rows = np.random.default_rng(SEED), len(terms[0])
    groups = min(rows, MAX_GROUPS)
    group_of_row = random.permutation(rows) % groups
    sums: NDArray[np.float64] = np.stack(
        [np.bincount(group_of_row, term, groups) for term in (np.ones(rows), *terms)], axis=1
    )
    draws = (np.bincount(random.integers(0, groups, groups), minlength=groups) for _ in range(DRAWS))
    return _intervals([figures(weights.astype(np.float64) @ sums) for weights in draws])


def mean_intervals(means: Mapping[str, NDArray[np.float64]]) -> Intervals:
    """Return the interval of the mean of each array, (rows,), by its name."""
    names = tuple(means)
    return sum_intervals(
        lambda sums: dict(zip(names, (sums[1:] / sums[0]).tolist(), strict=True)), tuple(means.values())
    )


def lower_bound(difference: Callable[[NDArray[np.int64]], float], rows: int, confidence: float) -> float:
    """Return the one-sided lower confidence bound of a difference, computed on the indices of resampled rows."""
    random = np.random.default_rng(SEED)
    samples = [difference(random.integers(0, rows, rows)) for _ in range(DRAWS)]
    return float(np.percentile(samples, 100 * (1 - confidence)))


def _resampled_confusions(confusion: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Yield confusion matrices of resampled rows; drawing cells instead of rows is equivalent and faster."""
    random, rows = np.random.default_rng(SEED), int(confusion.sum())
    nonzero = np.flatnonzero(confusion)
    fractions = confusion.ravel()[nonzero] / rows
    for _ in range(DRAWS):
        sample = np.zeros(confusion.size, np.int64)
        sample[nonzero] = random.multinomial(rows, fractions)
        yield sample.reshape(confusion.shape)


def _intervals(samples: Sequence[Mapping[str, float]]) -> Intervals:
    intervals = {}
    for name in samples[0]:
        low, high = np.percentile([sample[name] for sample in samples], PERCENTILES)
        intervals[name] = (float(low), float(high))
    return intervals
