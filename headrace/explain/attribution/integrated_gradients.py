"""Integrated gradients: the contribution of each part of an input to the score, along a straight path from a baseline.

Sundararajan, Taly, Yan: Axiomatic attribution for deep networks. ICML 2017, arXiv:1703.01365. The integral is
a midpoint sum over equal steps. Their axiom of completeness says that the attributions of an input sum to the
difference between its score and the baseline's; the gap is measured for every input.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Maximum gap as a fraction of the difference of scores; for log-odds, of 1 if the difference is smaller.
TOLERANCE = 0.01
# Maximum number of doublings of the steps.
DOUBLINGS = 4
# Points of the path in memory at once.
BATCH_SIZE = 64


class IntegrationPath(Protocol):
    """The straight path from a baseline (alpha 0) to an input (alpha 1).

    Attributes:
        scale: smallest difference of scores to which the tolerance is relative; 0 if unknown.
    """

    scale: float

    def scores(self, alphas: Floats) -> Floats:
        """Return the score at each alpha, (alphas,)."""

    def gradients(self, alphas: Floats) -> Floats:
        """Return the gradient at each alpha times (input - baseline): (alphas, ...), one value per part of it."""


@dataclass(frozen=True)
class Attribution:
    """The attributions of one input.

    Attributes:
        attributions: one value for each part of the input, in the unit of the score.
        baseline: score of the baseline.
        input: score of the input.
        steps: number of steps of the sum.
        gap: absolute difference between the sum of the attributions and the difference of the scores.
        tolerance: maximum gap of a complete attribution.
    """

    attributions: NDArray[np.float64]
    baseline: float
    input: float
    steps: int
    gap: float
    tolerance: float

    @property
    def complete(self) -> bool:
        """Return whether the gap is within the tolerance."""
        return self.gap <= self.tolerance


def integrate(path: IntegrationPath, steps: int) -> Attribution:
    """Return attributions from `steps` steps, doubled up to `DOUBLINGS` times while the gap exceeds the tolerance."""
    baseline, at_input = (float(value) for value in path.scores(np.array([0.0, 1.0], np.float32)))
    tolerance = TOLERANCE * max(abs(at_input - baseline), path.scale)
    for doubled in range(DOUBLINGS + 1):
        attributions = _mean_gradient(path, steps << doubled)
        gap = abs(float(attributions.sum()) - (at_input - baseline))
        attribution = Attribution(attributions, baseline, at_input, steps << doubled, gap, tolerance)
        if attribution.complete:
            break
    return attribution


def _mean_gradient(path: IntegrationPath, steps: int) -> NDArray[np.float64]:
    alphas = ((np.arange(steps) + 0.5) / steps).astype(np.float32)
    batches = [alphas[start : start + BATCH_SIZE] for start in range(0, steps, BATCH_SIZE)]
    total = np.sum([path.gradients(batch).astype(np.float64).sum(axis=0) for batch in batches], axis=0)
    return np.asarray(total / steps, np.float64)
