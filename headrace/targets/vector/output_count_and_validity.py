"""What a network gives for a row: the components of a vector."""

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.targets.regression.output_count_and_validity import impossible_outputs, scale

__all__ = ["MEANING", "count", "impossible_outputs", "random_rows", "scale"]

MEANING = "one per component of the vector"


def count(contract: Contract) -> int:
    """Return the number of outputs for a row."""
    (size,) = contract.named("target")[1].fixed_shape
    return size


def random_rows(
    random: np.random.Generator, rows: int, contract: Contract
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return targets and predictions, (rows, size) each."""
    targets, predictions = random.normal(size=(2, rows, count(contract))).astype(np.float32)
    return targets, predictions
