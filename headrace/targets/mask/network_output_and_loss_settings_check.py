"""Check the outputs of a network, the probability of each class for each pixel, and the settings of its loss."""

import numpy as np
from numpy.typing import NDArray

from headrace.config.sections.training import Loss
from headrace.contract import Contract
from headrace.targets.classification import network_output_and_loss_settings_check as classification
from headrace.targets.classification.network_output_and_loss_settings_check import count, scale

__all__ = ["MEANING", "count", "impossible_outputs", "loss_settings_error", "random_rows", "scale"]

MEANING = "a probability of each class for each pixel"


def impossible_outputs(outputs: NDArray[np.float64], tolerance: float) -> str | None:
    """Return why `outputs` cannot be probabilities of which those of a pixel add up to 1, or None."""
    found = classification.impossible_outputs(outputs.reshape(-1, outputs.shape[-1]), tolerance)
    return None if found is None else found.replace("those of a row", "those of a pixel")


def random_rows(
    random: np.random.Generator, rows: int, contract: Contract
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return class indices, (rows, height, width), and probabilities, (rows, height, width, classes)."""
    size = contract.named("target")[1].fixed_shape
    pixels = rows * size[0] * size[1]
    targets, probabilities = classification.random_rows(random, pixels, contract)
    return targets.reshape(rows, *size).astype(np.uint8), probabilities.reshape(rows, *size, -1)


def loss_settings_error(settings: Loss) -> str | None:
    """Return what is wrong with `settings`, or None."""
    if settings.class_weights == "none":
        return None
    return (
        "train.loss.class_weights weights a row by its class, but each pixel of a mask has one; remove it, or name a "
        "loss that weighs rare classes, such as train.loss.name=CategoricalFocalCrossentropy."
    )
