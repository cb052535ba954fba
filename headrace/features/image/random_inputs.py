"""Random images to compare an export with its bundle, or to probe a model."""

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract


def random_inputs(random: np.random.Generator, rows: int, contract: Contract) -> NDArray[np.uint8]:
    """Return noise images, (rows, height, width, channels)."""
    return random.integers(0, 256, (rows, *contract.named("input")[1].image_shape), "uint8")
