"""Decode the target column into arrays."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from headrace.contract import IGNORED_PIXEL, Contract
from headrace.stream.read.binary_columns_and_row_selection import Columns
from headrace.targets.target_kind_loader import target_module


class TargetDecoderInterface(Protocol):
    """The module `stored_target_to_array` of a target kind."""

    @property
    def DTYPE(self) -> str:  # noqa: N802 - the name of a constant
        """Type of decoded targets."""

    def target_shape(self, contract: Contract) -> tuple[int, ...]:
        """Return the shape of one decoded target."""

    def decode(self, stored: Any, contract: Contract) -> NDArray[Any]:
        """Return the targets of some rows, (rows, *target_shape), from the values of the column as a shard has them.

        Raises:
            DataError: a label is not a class index.
        """


def target_decoder(task: str) -> TargetDecoderInterface:
    """Return how targets of the kind `task` are decoded."""
    module: TargetDecoderInterface = target_module(task, "stored_target_to_array")
    return module


def decode_targets(rows: Columns, contract: Contract) -> NDArray[Any]:
    """Return the targets of `rows`.

    Returns:
        Class indices or regression values, (rows,); in multi_label (rows, classes) float32, 1 for each label of
        a row; vectors (rows, size); masks (rows, height, width) uint8, 255 for pixels without a class.

    Raises:
        DataError: a label is not a class index.
    """
    return target_decoder(contract.task).decode(rows[contract.named("target")[0]], contract)


def stored_targets(targets: NDArray[Any], weights: NDArray[np.float32]) -> NDArray[Any]:
    """Return targets with ignored pixels as `decode_targets` has them, from the weights of rows or of their pixels."""
    return targets if weights.ndim == 1 else np.where(weights > 0, targets, IGNORED_PIXEL).astype(targets.dtype)
