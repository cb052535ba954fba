"""Random records to compare an export with its bundle, or to probe a model."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.networks import random_inputs_interface


def random_inputs(random: np.random.Generator, rows: int, contract: Contract) -> dict[str, NDArray[Any]]:
    """Return random inputs by name, each as its kind draws them."""
    drawn = {name: random_inputs_interface.random_inputs(random, rows, one) for name, one in contract.inputs.items()}
    return {name: np.asarray(values) for name, values in drawn.items()}
