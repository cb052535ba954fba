"""Histograms of values and the population stability index (PSI) between two of them.

The PSI is the sum over bins of (q - p) ln(q / p), for the shares p of the reference rows and q of the current rows.
For samples of n and m rows from equal populations, it approximately follows a chi-squared distribution with bins - 1
degrees of freedom, scaled by (1/n + 1/m); Yurdakul, B.: Statistical properties of population stability index. Western
Michigan University (2018).
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from headrace.config.sections.retraining import Drift

Histogram = Counter[float]
# Added to the count of each bin, so that the logarithm of an empty bin is finite.
PSEUDOCOUNT = 0.5


def value_counts(values: ArrayLike) -> Histogram:
    """Count values rounded to eight significant bits: enough for any decile, few enough to keep in memory.

    Values that are far from 0 and close together must be centred, as all of them may become equal.
    """
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    rounded, counts = np.unique((bits + 0x8000) & np.uint32(0xFFFF0000), return_counts=True)
    return Counter(dict(zip(rounded.view(np.float32).astype(float).tolist(), counts.tolist(), strict=True)))


def values_psi(reference: Histogram, current: Histogram, bins: int) -> float:
    """Return the population stability index over bins with equal shares of `reference`."""
    edges = _bin_edges(reference, bins)
    return population_stability_index(_bin_counts(reference, edges), _bin_counts(current, edges))


def population_stability_index(reference: Sequence[int], current: Sequence[int]) -> float:
    """Return the population stability index of two sequences of counts over the same bins."""
    shares = zip(_shares(reference), _shares(current), strict=True)
    return sum((q - p) * math.log(q / p) for p, q in shares)


def has_drifted(psi: float, bins: int, rows: tuple[int, int], settings: Drift) -> bool:
    """Return whether a PSI exceeds both the configured bound and the noise threshold for this number of rows."""
    return psi > settings.psi and psi > psi_noise_threshold(bins, rows, settings.false_alarm_rate)


def psi_noise_threshold(bins: int, rows: tuple[int, int], false_alarm_rate: float) -> float:
    """Return the PSI that two samples of equal populations exceed with probability `false_alarm_rate`.

    Args:
        rows: sizes of both samples, 1 or more.
    """
    degrees_of_freedom = max(1, bins - 1)
    # Wilson and Hilferty's approximation of the quantile of chi-squared.
    variance = 2 / (9 * degrees_of_freedom)
    deviation = NormalDist().inv_cdf(1 - false_alarm_rate) * math.sqrt(variance)
    quantile: float = degrees_of_freedom * (1 - variance + deviation) ** 3
    return quantile * (1 / max(1, rows[0]) + 1 / max(1, rows[1]))


def align_counts(reference: Mapping[str, int], current: Mapping[str, int]) -> tuple[list[int], list[int]]:
    """Return the counts of both mappings over the union of their names, in the same order."""
    names = sorted(reference.keys() | current.keys())
    return [reference.get(name, 0) for name in names], [current.get(name, 0) for name in names]


def merge_histograms(histograms: Iterable[Histogram]) -> Histogram:
    """Return the sum of the histograms."""
    merged: Histogram = Counter()
    for histogram in histograms:
        merged.update(histogram)
    return merged


def _bin_edges(reference: Histogram, bins: int) -> list[float]:
    """Return the upper edges of all bins but the last, in ascending order.

    A first or last bin of a single value ends at this value: what lies beyond it would look like it. If all values are
    equal, three bins are left.
    """
    rows, seen = reference.total(), 0
    edges: list[float] = []
    values = sorted(reference)
    for value in values:
        seen += reference[value]
        if seen * bins >= rows * (len(edges) + 1) and seen < rows:
            edges.append(value)
    below = [math.nextafter(values[0], -math.inf)] if values and edges[:1] in ([], values[:1]) else []
    above = values[-1:] if values[-2:-1] in ([], edges[-1:]) else []
    return [*below, *edges, *above]


def _bin_counts(histogram: Histogram, edges: list[float]) -> list[int]:
    counts = [0] * (len(edges) + 1)
    indices = np.searchsorted(edges, list(histogram), side="left")
    for index, rows in zip(indices.tolist(), histogram.values(), strict=True):
        counts[index] += rows
    return counts


def _shares(counts: Sequence[int]) -> list[float]:
    rows = sum(counts) + PSEUDOCOUNT * len(counts)
    return [(count + PSEUDOCOUNT) / rows for count in counts]
