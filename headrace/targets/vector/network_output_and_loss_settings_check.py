"""Check the outputs of a network, the components of a vector for each row, and the settings of its loss."""

import numpy as np
from numpy.typing import NDArray

from headrace.config.sections.training import Loss
from headrace.contract import Contract
from headrace.targets.regression.network_output_and_loss_settings_check import (
    class_settings_error,
    impossible_outputs,
    scale,
)

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


def loss_settings_error(settings: Loss) -> str | None:
    """Return what is wrong with `settings`, or None."""
    return class_settings_error(settings, "vector")
