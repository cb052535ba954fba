"""Interface of an input kind for the export of models."""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from headrace.bundle import Bundle
from headrace.contract import Contract
from headrace.features.input_kind_loader import input_module

# Inputs as bytes of files, (rows,), each batch with what preparation decodes.
EncodedBatches = Iterator[tuple[NDArray[Any], NDArray[np.uint8]]]


class ServingInputInterface(Protocol):
    """The module `exported_input` of an input kind."""

    def describe_input(self, bundle: Bundle) -> str:
        """Return for programs without Headrace what the input is."""

    def encoded_inputs(self, contract: Contract) -> EncodedBatches | None:
        """Return noise as files that a SavedModel also takes; None if it takes only arrays."""


def serving_module(contract: Contract) -> ServingInputInterface:
    """Return the module `exported_input` of the contract's input kind."""
    module: ServingInputInterface = input_module(contract.input_kind, "serving_input")
    return module
