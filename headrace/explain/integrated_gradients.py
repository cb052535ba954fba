"""Integrated gradients: what each part of an input adds to the answer, on the straight way from a baseline.

Sundararajan, Taly, Yan: Axiomatic attribution for deep networks. ICML 2017, arXiv:1703.01365. The integral is a sum
over the middles of equal steps. Their axiom of completeness says that the attributions of an input sum to the
difference between its score and that of the baseline; how far they are from it is measured for every input.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Of the difference of scores; of a log-odd of 1 where the difference is smaller.
TOLERANCE = 0.01
# Steps are doubled so many times at most.
DOUBLINGS = 4
# Points of the way that are in memory at once.
AT_ONCE = 64


class IntegrationPath(Protocol):
    """The straight way from a baseline, at 0, to an input, at 1.

    Attributes:
        scale: a difference of scores that is worth calling one; 0 where none is known.
    """

    scale: float

    def scores(self, alphas: Floats) -> Floats:
        """(alphas,): the score at each."""

    def gradients(self, alphas: Floats) -> Floats:
        """(alphas, ...): gradient of the score at each, times the whole way; one value a part of the input."""


@dataclass(frozen=True)
class Attribution:
    """The attributions of one input.

    Attributes:
        attributions: one value a part of the input, in the unit of the score.
        baseline: score of the baseline.
        input: score of the input.
        steps: of the sum.
        gap: between the sum of the attributions and the difference of the scores.
        tolerance: what the gap may be.
    """

    attributions: NDArray[np.float64]
    baseline: float
    input: float
    steps: int
    gap: float
    tolerance: float

    @property
    def complete(self) -> bool:
        """Whether the axiom holds as closely as is wanted."""
        return self.gap <= self.tolerance


def integrate(way: IntegrationPath, steps: int) -> Attribution:
    """Attributions by `steps` steps, which are doubled up to `DOUBLINGS` times while the gap is too large."""
    baseline, at_input = (float(value) for value in way.scores(np.array([0.0, 1.0], np.float32)))
    tolerance = TOLERANCE * max(abs(at_input - baseline), way.scale)
    for doubled in range(DOUBLINGS + 1):
        attributions = _mean_gradient(way, steps << doubled)
        gap = abs(float(attributions.sum()) - (at_input - baseline))
        found = Attribution(attributions, baseline, at_input, steps << doubled, gap, tolerance)
        if found.complete:
            break
    return found


def _mean_gradient(way: IntegrationPath, steps: int) -> NDArray[np.float64]:
    alphas = ((np.arange(steps) + 0.5) / steps).astype(np.float32)
    parts = [alphas[begin : begin + AT_ONCE] for begin in range(0, steps, AT_ONCE)]
    total = np.sum([way.gradients(part).astype(np.float64).sum(axis=0) for part in parts], axis=0)
    return np.asarray(total / steps, np.float64)
