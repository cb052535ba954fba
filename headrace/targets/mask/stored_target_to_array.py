"""Stored masks as arrays."""

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.stream.read.binary_columns_and_row_selection import BinaryColumn

DTYPE = "uint8"


def target_shape(contract: Contract) -> tuple[int, ...]:
    """Return the shape of one target, (height, width)."""
    return contract.named("target")[1].fixed_shape


def decode(stored: BinaryColumn, contract: Contract) -> NDArray[np.uint8]:
    """Return the class index of each pixel, (rows, height, width); 255 for pixels without a class."""
    return stored.data.view(np.uint8).reshape(len(stored), *target_shape(contract))
