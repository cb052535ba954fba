"""Check the outputs of a network, one number for each row, and the settings of its loss."""

import numpy as np
from numpy.typing import NDArray

from headrace.config.sections.training import Loss
from headrace.contract import Contract

MEANING = "one value per row"


def count(contract: Contract) -> int:
    """Return the number of outputs for a row."""
    return 1


def impossible_outputs(outputs: NDArray[np.float64], tolerance: float) -> str | None:
    """Return None: every number is possible."""
    return None


def scale(outputs: NDArray[np.float32]) -> float:
    """Return the largest absolute output: numbers may be 1e9 as well as 1e-9."""
    return float(np.nanmax(np.abs(outputs), initial=0.0))


def random_rows(
    random: np.random.Generator, rows: int, contract: Contract
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return targets, (rows,), and predictions, (rows, 1)."""
    return random.normal(size=rows).astype(np.float32), random.normal(size=(rows, 1)).astype(np.float32)


def loss_settings_error(settings: Loss) -> str | None:
    """Return what is wrong with `settings`, or None."""
    return class_settings_error(settings, "regression")


def class_settings_error(settings: Loss, task: str) -> str | None:
    """Return that `settings` name classes, which a table of `task` does not have, or None."""
    for key in ("label_smoothing", "class_weights"):
        if getattr(settings, key) != getattr(Loss(), key):
            return f"train.loss.{key} is for classes, but the table is prepared for {task}; remove it."
    return None
