"""What a network gives for a row: one number."""

import numpy as np
from numpy.typing import NDArray

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
