"""Calibration: how closely the confidence of predictions matches their accuracy.

Naeini, Cooper, Hauskrecht: Obtaining well calibrated probabilities using Bayesian binning. AAAI 2015.
Guo, Pleiss, Sun, Weinberger: On calibration of modern neural networks. ICML 2017, section 2.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 15


@dataclass(frozen=True)
class Bin:
    """Rows with a confidence (the probability of the most probable class) above `low` and at most `high`.

    Attributes:
        confidence: mean confidence.
        accuracy: fraction of the rows for which the most probable class is the true class.
    """

    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float


def reliability(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> list[Bin]:
    """Return the non-empty bins of equal width, lowest first, for confidences and correctness, (rows,) each."""
    indices = np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)
    rows = np.bincount(indices, minlength=BINS)
    confidence_sums = np.bincount(indices, confidence.astype(np.float64), BINS)
    hits = np.bincount(indices, right, BINS)
    return [
        Bin(
            low=index / BINS,
            high=(index + 1) / BINS,
            rows=int(rows[index]),
            confidence=float(confidence_sums[index] / rows[index]),
            accuracy=float(hits[index] / rows[index]),
        )
        for index in np.flatnonzero(rows).tolist()
    ]


def expected_calibration_error(bins: list[Bin]) -> float:
    """Return the mean distance between confidence and accuracy, bins weighted by their rows; 0 to 1."""
    return sum(bin_.rows * abs(bin_.accuracy - bin_.confidence) for bin_ in bins) / sum(bin_.rows for bin_ in bins)


def brier_scores(labels: NDArray[np.int64], probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the sum over classes of (probability - truth)^2 of each row, 0 to 2, from (rows,) and (rows, classes).

    Brier: Verification of forecasts expressed in terms of probability. Monthly Weather Review 78 (1950).
    """
    squares = np.einsum("rc,rc->r", probabilities, probabilities, dtype=np.float64)
    true = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    scores: NDArray[np.float64] = squares - 2 * true + 1
    return scores
