"""Stored numbers as arrays."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract

DTYPE = "float32"


def target_shape(contract: Contract) -> tuple[int, ...]:
    """Return the shape of one target: a number."""
    return ()


def decode(stored: Any, contract: Contract) -> NDArray[np.float32]:
    """Return the numbers, (rows,)."""
    return np.asarray(stored)
