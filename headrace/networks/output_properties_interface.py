"""Interface of target kinds that say what a network gives for a row."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.targets.target_kind_loader import target_module


class OutputCountAndValidityInterface(Protocol):
    """The module `network_output_and_loss_settings_check` of a target kind; `Contract.outputs` is its `count`."""

    @property
    def MEANING(self) -> str:  # noqa: N802 - the name of a constant
        """What the outputs for a row mean, as the end of a sentence."""

    def count(self, contract: Contract) -> int:
        """Return the number of outputs for a row."""

    def impossible_outputs(self, outputs: NDArray[np.float64], tolerance: float) -> str | None:
        """Return why finite outputs, (rows, count) of at least one row, cannot be those of a network, or None."""

    def scale(self, outputs: NDArray[np.float32]) -> float:
        """Return the scale on which outputs of two models are compared."""

    def random_rows(
        self, random: np.random.Generator, rows: int, contract: Contract
    ) -> tuple[NDArray[Any], NDArray[np.float32]]:
        """Return random targets as training has them, and outputs of a network, (rows, count)."""


def network_outputs(task: str) -> OutputCountAndValidityInterface:
    """Return what a network of the target kind `task` gives for a row."""
    module: OutputCountAndValidityInterface = target_module(task, "network_output_and_loss_settings_check")
    return module
