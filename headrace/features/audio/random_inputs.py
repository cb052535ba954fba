"""Random audio to compare an export with its bundle, or to probe a model."""

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract

LOUDNESS = 3000  # standard deviation of the samples, about -21 dB of full scale, as of speech


def random_inputs(random: np.random.Generator, rows: int, contract: Contract) -> NDArray[np.int16]:
    """Return white noise, (rows, samples)."""
    noise = random.normal(0.0, LOUDNESS, (rows, *contract.named("input")[1].fixed_shape))
    return np.rint(noise).astype(np.int16)
