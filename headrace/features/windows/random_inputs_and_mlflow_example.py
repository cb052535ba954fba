"""Random windows to compare an export with its bundle or to probe a model."""

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.features.contract_spec import Statistics


def random_inputs(random: np.random.Generator, rows: int, contract: Contract) -> NDArray[np.float32]:
    """Return noise (rows, length, features) with the mean and deviation of each feature in training."""
    statistics = contract.statistics or Statistics(mean=(0.0,), variance=(1.0,))
    shape = (rows, *(int(length or 1) for length in contract.input_shape))
    return random.normal(statistics.mean, statistics.standard_deviation, shape).astype(np.float32)
