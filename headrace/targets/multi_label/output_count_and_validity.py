"""What a network gives for a row: the probability of each label."""

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.targets.classification.output_count_and_validity import MEANING, count, outside_probabilities, scale

__all__ = ["MEANING", "count", "impossible_outputs", "random_rows", "scale"]

impossible_outputs = outside_probabilities


def random_rows(
    random: np.random.Generator, rows: int, contract: Contract
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return 0 or 1 for each class, and probabilities, (rows, classes) each."""
    shape = (rows, len(contract.classes))
    return random.integers(0, 2, shape).astype(np.float32), random.uniform(0.02, 0.98, shape).astype(np.float32)
