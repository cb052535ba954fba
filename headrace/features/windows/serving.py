"""Windows in an exported model."""

import numpy as np
from numpy.typing import NDArray

from headrace.bundle import Bundle
from headrace.contract import Contract, Statistics


def model_dtype(contract: Contract) -> str:
    """Return the type of the stored numbers."""
    return contract.named("input")[1].dtype


def describe_input(bundle: Bundle) -> str:
    """See `ServingInterface`."""
    contract = bundle.contract
    return (
        f"windows (rows, {', '.join(map(str, contract.input_shape))}): consecutive rows of a series with the columns "
        f"{', '.join(contract.window_spec.values)}, any number of windows; the model includes normalisation."
    )


def random_inputs(random: np.random.Generator, rows: int, contract: Contract) -> NDArray[np.float32]:
    """Return noise (rows, length, features) with the mean and deviation of each feature in training."""
    statistics = contract.statistics or Statistics(mean=(0.0,), variance=(1.0,))
    shape = (rows, *(int(length or 1) for length in contract.input_shape))
    return random.normal(statistics.mean, statistics.standard_deviation, shape).astype(np.float32)


def encoded_inputs(contract: Contract) -> None:
    """Return None: an exported model takes no files of windows."""
