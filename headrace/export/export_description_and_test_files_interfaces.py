"""Interfaces of an input kind for the export of models."""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from headrace.bundle import Bundle
from headrace.contract import Contract
from headrace.features.input_kind_loader import input_module

# Inputs as bytes of files, (rows,), each batch with what preparation decodes.
EncodedBatches = Iterator[tuple[NDArray[Any], NDArray[np.uint8]]]


class ExportInputInterface(Protocol):
    """The module `export_input_description` of an input kind."""

    def describe_input(self, bundle: Bundle) -> str:
        """Return a description of the input for programs without Headrace."""


class ExportTestFilesInterface(Protocol):
    """The module `noise_images_for_export_parity` of an input kind whose exported model may take files."""

    def noise_files(self, contract: Contract) -> EncodedBatches:
        """Yield noise as files, (rows,) bytes, each with what preparation decodes."""


def noise_files(contract: Contract) -> EncodedBatches | None:
    """Return noise as files that a SavedModel also takes; None if it takes only arrays."""
    if not contract.feature.exports_files:
        return None
    module: ExportTestFilesInterface = input_module(contract.input_kind, "noise_images_for_export_parity")
    return module.noise_files(contract)


def export_input_module(contract: Contract) -> ExportInputInterface:
    """Return the module `export_input_description` of the contract's input kind."""
    module: ExportInputInterface = input_module(contract.input_kind, "export_input_description")
    return module
