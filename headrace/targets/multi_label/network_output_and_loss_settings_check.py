"""Check the outputs of a network, the probability of each label for each row, and the settings of its loss."""

import numpy as np
from numpy.typing import NDArray

from headrace.config.sections.training import Loss
from headrace.contract import Contract
from headrace.targets.classification.network_output_and_loss_settings_check import (
    MEANING,
    count,
    outside_probabilities,
    scale,
)

__all__ = ["MEANING", "count", "impossible_outputs", "random_rows", "scale"]

impossible_outputs = outside_probabilities


def random_rows(
    random: np.random.Generator, rows: int, contract: Contract
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return 0 or 1 for each class, and probabilities, (rows, classes) each."""
    shape = (rows, len(contract.classes))
    return random.integers(0, 2, shape).astype(np.float32), random.uniform(0.02, 0.98, shape).astype(np.float32)


def loss_settings_error(settings: Loss) -> str | None:
    """Return what is wrong with `settings`, or None."""
    if settings.class_weights == "none":
        return None
    return (
        "train.loss.class_weights weights a row by its class, but a row of a multi_label table has any number of "
        "classes; remove it, or weight rows by prepare.weights."
    )
