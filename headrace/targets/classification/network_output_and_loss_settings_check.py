"""Check the outputs of a network, the probability of each class for each row, and the settings of its loss."""

import numpy as np
from numpy.typing import NDArray

from headrace.config.sections.training import Loss
from headrace.contract import Contract

MEANING = "one per class"


def count(contract: Contract) -> int:
    """Return the number of outputs for a row."""
    return len(contract.classes)


def impossible_outputs(outputs: NDArray[np.float64], tolerance: float) -> str | None:
    """Return why `outputs` cannot be probabilities of which those of a row add up to 1, or None."""
    if (problem := outside_probabilities(outputs, tolerance)) is not None:
        return problem
    sums = outputs.sum(axis=1)
    if np.abs(sums - 1).max() > tolerance:
        return (
            "its outputs are not probabilities of the classes: those of a row add up to "
            f"{sums.min():.4g} to {sums.max():.4g}, not to 1"
        )
    return None


def scale(outputs: NDArray[np.float32]) -> float:
    """Return 1, the scale of probabilities."""
    return 1.0


def random_rows(
    random: np.random.Generator, rows: int, contract: Contract
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return class indices, (rows,), and probabilities, (rows, classes)."""
    classes = len(contract.classes)
    odds = np.exp(random.normal(size=(rows, classes)))
    return random.integers(0, classes, rows).astype(np.int32), (odds / odds.sum(1, keepdims=True)).astype(np.float32)


def outside_probabilities(outputs: NDArray[np.float64], tolerance: float) -> str | None:
    """Return that some of `outputs` are not from 0 to 1, or None."""
    low, high = outputs.min(), outputs.max()
    if -tolerance <= low and high <= 1 + tolerance:
        return None
    return f"its outputs are not probabilities: they range from {low:.4g} to {high:.4g}, not from 0 to 1"


def loss_settings_error(settings: Loss) -> str | None:
    """Return None: every setting of the loss applies to classes."""
    return None
