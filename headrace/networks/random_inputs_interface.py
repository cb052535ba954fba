"""Interface of input kinds that generate random inputs of a model."""

from typing import Protocol

import numpy as np

from headrace.contract import Contract
from headrace.features.input_kind_loader import input_module
from headrace.one_or_several_inputs import Inputs


class RandomInputsInterface(Protocol):
    """The module `random_inputs_and_mlflow_example` of an input kind."""

    def random_inputs(self, random: np.random.Generator, rows: int, contract: Contract) -> Inputs:
        """Return a batch of noise as the model receives it."""


def random_inputs(random: np.random.Generator, rows: int, contract: Contract) -> Inputs:
    """Return `rows` of noise as a model for `contract` receives it."""
    module: RandomInputsInterface = input_module(contract.input_kind, "random_inputs_and_mlflow_example")
    return module.random_inputs(random, rows, contract)
