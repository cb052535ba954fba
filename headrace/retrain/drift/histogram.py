"""How often values occur, and how far two such distributions are apart.

The population stability index is the sum over bins of (q - p) ln(q / p), for the shares p of the reference and q of
the current rows. Of equal populations it is about chi-squared with bins - 1 degrees of freedom times (1/n + 1/m);
Yurdakul, B.: Statistical properties of population stability index. Western Michigan University (2018).
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from headrace.config.sections.retraining import Drift

Histogram = Counter[float]
# So that a bin that is empty on one side has a logarithm.
HALF_A_ROW = 0.5


def rounded(values: ArrayLike) -> Histogram:
    """Counts by value, in eight significant bits: enough for any decile, few enough to keep."""
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    found, counts = np.unique((bits + 0x8000) & np.uint32(0xFFFF0000), return_counts=True)
    return Counter(dict(zip(found.view(np.float32).astype(float).tolist(), counts.tolist(), strict=True)))


def values_psi(reference: Histogram, current: Histogram, bins: int) -> float:
    """The population stability index over bins that hold equal shares of `reference`."""
    edges = _edges(reference, bins)
    return population_stability_index(_binned(reference, edges), _binned(current, edges))


def population_stability_index(reference: Sequence[int], current: Sequence[int]) -> float:
    """Of counts by bin, both in the same bins."""
    shares = zip(_shares(reference), _shares(current), strict=True)
    return sum((now - then) * math.log(now / then) for then, now in shares)


def has_drifted(index: float, bins: int, rows: tuple[int, int], settings: Drift) -> bool:
    """Whether an index is above the bound, and above what so few rows may reach by chance."""
    return index > settings.psi and index > psi_noise_threshold(bins, rows, settings.false_alarm_rate)


def psi_noise_threshold(bins: int, rows: tuple[int, int], chance: float) -> float:
    """What the index of equal populations exceeds with probability `chance`; `rows` of both, 1 or more."""
    freedom = max(1, bins - 1)
    # Wilson and Hilferty's approximation of the quantile of chi-squared.
    part = 2 / (9 * freedom)
    quantile: float = freedom * (1 - part + NormalDist().inv_cdf(1 - chance) * math.sqrt(part)) ** 3
    return quantile * (1 / max(1, rows[0]) + 1 / max(1, rows[1]))


def aligned(reference: Mapping[str, int], current: Mapping[str, int]) -> tuple[list[int], list[int]]:
    """Counts of both by name, in the same order."""
    names = sorted(reference.keys() | current.keys())
    return [reference.get(name, 0) for name in names], [current.get(name, 0) for name in names]


def total(histograms: Iterable[Histogram]) -> Histogram:
    """All of them together."""
    together: Histogram = Counter()
    for histogram in histograms:
        together.update(histogram)
    return together


def _edges(reference: Histogram, bins: int) -> list[float]:
    """Upper ends of all bins but the last, rising."""
    rows, seen = reference.total(), 0
    edges: list[float] = []
    for value in sorted(reference):
        seen += reference[value]
        if seen * bins >= rows * (len(edges) + 1) and seen < rows:
            edges.append(value)
    return edges


def _binned(histogram: Histogram, edges: list[float]) -> list[int]:
    counts = [0] * (len(edges) + 1)
    places = np.searchsorted(edges, list(histogram), side="left")
    for place, rows in zip(places.tolist(), histogram.values(), strict=True):
        counts[place] += rows
    return counts


def _shares(counts: Sequence[int]) -> list[float]:
    rows = sum(counts) + HALF_A_ROW * len(counts)
    return [(count + HALF_A_ROW) / rows for count in counts]
