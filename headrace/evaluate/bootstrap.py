"""Confidence intervals of 95% by resampling rows with replacement, the percentile method.

Efron, Tibshirani: An introduction to the bootstrap. Chapman and Hall (1993), chapter 13.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from headrace.evaluate.scores import accuracy, class_scores, macro_f1

DRAWS = 500
PERCENTILES = (2.5, 97.5)
SEED = 0

Intervals = dict[str, tuple[float, float]]


def confusion_intervals(confusion: NDArray[np.int64]) -> Intervals:
    """Of accuracy and macro F1; to draw rows is to draw cells of the confusion matrix, which is faster."""
    rows = int(confusion.sum())
    shares = (confusion / rows).ravel()
    drawn = np.random.default_rng(SEED).multinomial(rows, shares, DRAWS).reshape(DRAWS, *confusion.shape)
    return _intervals([{"accuracy": accuracy(one), "macro_f1": macro_f1(class_scores(one))} for one in drawn])


def pair_intervals(
    figures: Callable[[NDArray[np.float64], NDArray[np.float64]], Mapping[str, float]],
    true: NDArray[np.float64],
    predicted: NDArray[np.float64],
) -> Intervals:
    """Of every figure that `figures` gives for true and predicted numbers, (rows,) both."""
    random, rows = np.random.default_rng(SEED), len(true)
    draws = (random.integers(0, rows, rows) for _ in range(DRAWS))
    return _intervals([figures(true[drawn], predicted[drawn]) for drawn in draws])


def lower_bound(difference: Callable[[NDArray[np.int64]], float], rows: int, confidence: float) -> float:
    """What a difference over drawn rows, given by their indices, is at least, with this confidence on one side."""
    random = np.random.default_rng(SEED)
    drawn = [difference(random.integers(0, rows, rows)) for _ in range(DRAWS)]
    return float(np.percentile(drawn, 100 * (1 - confidence)))


def _intervals(drawn: Sequence[Mapping[str, float]]) -> Intervals:
    found = {}
    for name in drawn[0]:
        low, high = np.percentile([one[name] for one in drawn], PERCENTILES)
        found[name] = (float(low), float(high))
    return found
