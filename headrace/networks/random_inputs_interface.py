"""Noise as inputs of a model."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.features.kind_modules import kind_module


class RandomInputsInterface(Protocol):
    """The module `random_inputs` of an input kind."""

    def random_inputs(self, random: np.random.Generator, rows: int, contract: Contract) -> NDArray[Any]:
        """Return a batch of noise as the model receives it."""


def random_inputs(random: np.random.Generator, rows: int, contract: Contract) -> NDArray[Any]:
    """Return `rows` of noise as a model for `contract` receives it."""
    module: RandomInputsInterface = kind_module(contract.input_kind, "random_inputs")
    return module.random_inputs(random, rows, contract)
