"""Confidence intervals of 95 %: Wilson's for proportions, bootstrap intervals for other metrics.

Efron, Tibshirani: An introduction to the bootstrap. Chapman and Hall (1993), chapters 13, 14, on percentiles and BCa;
Hesterberg: What teachers should know about the bootstrap. The American Statistician 69 (2015), 371-386, for expanded
ones: percentiles of few rows are too narrow by sqrt((n - 1) / n), and because normal quantiles are below Student's.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.evaluate.classifier_scores import class_ratios
from headrace.wilson_interval import wilson

DRAWS = 1000
CONFIDENCE = 0.95
SEED = 0
# Rows beyond this number are resampled in groups, so that millions of rows take no longer.
MAX_GROUPS = 10_000
# Beyond this number of rows the correction of skewness is negligible.
MAX_CORRECTED = 1000
# Resampled confusion matrices are scored in blocks of at most so many cells, 512 KiB, which fit into the cache.
BLOCK_CELLS = 1 << 16

Intervals = dict[str, tuple[float, float]]


def confusion_intervals(confusion: NDArray[np.int64]) -> Intervals:
    """Return the intervals of accuracy and of macro F1, which covers the classes that occur in each resample."""
    samples = np.concatenate([_macro_f1(block) for block in _resampled_confusions(confusion)])
    rows = int(confusion.sum())
    return {"accuracy": wilson(int(confusion.trace()), rows), "macro_f1": _bounds(samples, rows)}


def class_intervals(confusion: NDArray[np.int64]) -> list[Intervals]:
    """Return the intervals of precision, recall and F1 of each class, in order; 0 to 1 for a share of no rows.

    F1 is undefined in a resample in which a class neither occurs nor is predicted; such resamples do not count.
    """
    rows, right = int(confusion.sum()), confusion.diagonal().tolist()
    samples = np.concatenate([_defined_f1(block) for block in _resampled_confusions(confusion)])
    f1 = [_bounds(samples[:, index], rows) for index in range(len(confusion))]
    return [
        {
            "precision": share_interval(right[index], int(confusion[:, index].sum())),
            "recall": share_interval(right[index], int(confusion[index].sum())),
            "f1": f1[index],
        }
        for index in range(len(confusion))
    ]


def share_interval(right: int, rows: int) -> tuple[float, float]:
    """Return Wilson's interval of `right` out of `rows`; 0 to 1 for a share of no rows."""
    return wilson(right, rows) if rows else (0.0, 1.0)


def sum_intervals(
    metrics: Callable[[NDArray[np.float64]], Mapping[str, float]], terms: Sequence[NDArray[Any]]
) -> Intervals:
    """Return the intervals of metrics that are functions of sums over rows, such as a mean.

    Intervals of few rows are bias-corrected and accelerated (BCa), as metrics such as a root mean square are skewed.
    More than MAX_GROUPS rows are assigned at random to groups of equal size, and the groups are resampled: their sums
    spread as the sums of single rows do.

    Args:
        metrics: returns the metrics, given the number of rows and the sum of each of `terms`, in this order; NaN
            where a metric is undefined, so that the resample does not count for it.
        terms: at least one, each (rows,), numbers or booleans.
    """
    random, rows = np.random.default_rng(SEED), len(terms[0])
    groups = min(rows, MAX_GROUPS)
    group_of_row = random.permutation(rows) % groups
    sums: NDArray[np.float64] = np.stack(
        [np.bincount(group_of_row, term, groups) for term in (np.ones(rows), *terms)], axis=1
    )
    drawn = (np.bincount(random.integers(0, groups, groups), minlength=groups) for _ in range(DRAWS))
    draws = [metrics(weights.astype(np.float64) @ sums) for weights in drawn]
    if not 2 < rows <= MAX_CORRECTED:
        return _intervals(draws, rows)
    total = sums.sum(0)
    estimate, without_one = metrics(total), [metrics(total - row) for row in sums]
    intervals = {}
    for name, value in estimate.items():
        sample, jackknife = (_defined(each[name] for each in figures) for figures in (draws, without_one))
        if not len(sample) or not len(jackknife):
            intervals[name] = (0.0, 0.0)
            continue
        low, high = np.percentile(sample, _corrected_percentiles(value, sample, jackknife))
        intervals[name] = (float(low), float(high))
    return intervals


def count_intervals(
    figures: Callable[[NDArray[np.int64]], Mapping[str, float]], counts: NDArray[np.int64]
) -> Intervals:
    """Return the intervals of figures that are functions of counts of rows, such as F1 of a confusion matrix.

    Args:
        figures: returns the figures, given counts like `counts`; NaN for an undefined one.
        counts: (cells,) rows by cell; every row is in exactly one cell.
    """
    return _intervals([figures(sample) for sample in _resampled_counts(counts)], int(counts.sum()))


def drop_degenerate(intervals: Intervals) -> Intervals:
    """Return the intervals that have a width.

    If every resample has the same figure, as F1 of rows without a mistake, the rows do not show how far it varies; an
    interval from 1 to 1 would claim certainty.
    """
    return {name: bounds for name, bounds in intervals.items() if not math.isclose(*bounds, rel_tol=1e-12)}


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
    return float(np.percentile(samples, 100 * _expanded_tail(1 - confidence, rows)))


def _resampled_confusions(confusion: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Yield blocks of confusion matrices of resampled rows, (draws, classes, classes)."""
    samples = _resampled_counts(confusion.ravel())
    while block := list(itertools.islice(samples, max(1, BLOCK_CELLS // confusion.size))):
        yield np.stack(block).reshape(-1, *confusion.shape)


def _resampled_counts(counts: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Yield counts of resampled rows; drawing cells instead of rows is equivalent and faster."""
    random, rows = np.random.default_rng(SEED), int(counts.sum())
    nonzero = np.flatnonzero(counts)
    fractions = counts[nonzero] / rows
    for _ in range(DRAWS):
        sample = np.zeros(counts.size, np.int64)
        sample[nonzero] = random.multinomial(rows, fractions)
        yield sample


def _intervals(samples: Sequence[Mapping[str, float]], rows: int) -> Intervals:
    return {name: _bounds(_defined(sample[name] for sample in samples), rows) for name in samples[0]}


def _bounds(sample: NDArray[np.float64], rows: int) -> tuple[float, float]:
    """Return the bounds of the interval of a figure's defined values; 0 to 0 if it is undefined in every resample."""
    defined = _defined(sample)
    if not len(defined):
        return 0.0, 0.0
    low, high = np.percentile(defined, _percentiles(rows))
    return float(low), float(high)


def _defined(values: Iterable[float]) -> NDArray[np.float64]:
    found = np.array(list(values), np.float64)
    return found[~np.isnan(found)]


def _macro_f1(confusions: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean F1 of the classes that occur, (draws,), from (draws, classes, classes)."""
    occurs = confusions.sum(-1) > 0
    macro_f1: NDArray[np.float64] = class_ratios(confusions)[2].mean(-1, where=occurs)
    return macro_f1


def _defined_f1(confusions: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return F1 by class, (draws, classes); NaN for a class that neither occurs nor is predicted."""
    return np.where(confusions.sum(-2) + confusions.sum(-1) > 0, class_ratios(confusions)[2], np.nan)


def _corrected_percentiles(
    estimate: float, draws: NDArray[np.float64], without_one: NDArray[np.float64]
) -> tuple[float, float]:
    """Return the percentiles of `draws` that are the bounds of the BCa interval.

    Args:
        without_one: the figure without each of the rows in turn (jackknife).
    """
    deviations = without_one.mean() - without_one
    squares = float((deviations**2).sum())
    if not squares > 0:
        return _percentiles(len(without_one))
    normal, acceleration = NormalDist(), float((deviations**3).sum()) / (6 * squares**1.5)
    # Half of the draws that equal the estimate are below it: a difference of shares has many, and counted on one side
    # they would shift the interval, down for a - b and down for b - a.
    equal = np.isclose(draws, estimate, rtol=1e-9, atol=1e-12)
    below = float(((draws < estimate) & ~equal).mean() + equal.mean() / 2)
    bias = normal.inv_cdf(min(max(below, 1 / len(draws)), 1 - 1 / len(draws)))
    tail = normal.inv_cdf(_expanded_tail((1 - CONFIDENCE) / 2, len(without_one)))
    low, high = (bias + (bias + end) / (1 - acceleration * (bias + end)) for end in (tail, -tail))
    return 100 * normal.cdf(low), 100 * normal.cdf(high)


def _percentiles(rows: int) -> tuple[float, float]:
    tail = 100 * _expanded_tail((1 - CONFIDENCE) / 2, rows)
    return tail, 100 - tail


def _expanded_tail(tail: float, rows: int) -> float:
    """Return the share of draws to leave out on one side, so that an interval of `rows` rows leaves out `tail`.

    Student's quantile is the first terms of its expansion in 1 / degrees of freedom (Abramowitz, Stegun 26.7.5).
    """
    if rows < 2:
        return tail
    normal, freedom = NormalDist().inv_cdf(1 - tail), rows - 1
    student = normal + (normal**3 + normal) / (4 * freedom)
    student += (5 * normal**5 + 16 * normal**3 + 3 * normal) / (96 * freedom**2)
    # For two or three rows, nothing is left out.
    return max(1 - NormalDist().cdf(student * math.sqrt(rows / freedom)), 1 / (2 * DRAWS) ** 2)
