"""Stored vectors as arrays."""

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.stream.read.binary_columns_and_row_selection import BinaryColumn

DTYPE = "float32"


def target_shape(contract: Contract) -> tuple[int, ...]:
    """Return the shape of one target, (size,)."""
    return contract.named("target")[1].fixed_shape


def decode(stored: BinaryColumn, contract: Contract) -> NDArray[np.float32]:
    """Return the vectors, (rows, size)."""
    return stored.data.view("<f4").reshape(len(stored), *target_shape(contract))
