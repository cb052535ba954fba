"""Decode the target column into arrays."""

from typing import Any, Protocol

from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.stream.read.binary_columns_and_row_selection import Columns
from headrace.targets.target_kind_loader import target_module


class TargetDecoderInterface(Protocol):
    """The module `stored_target_decoder` of a target kind."""

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
    module: TargetDecoderInterface = target_module(task, "stored_target_decoder")
    return module


def decode_targets(rows: Columns, contract: Contract) -> NDArray[Any]:
    """Return the targets of `rows`.

    Returns:
        Class indices or regression values, (rows,); in multi_label (rows, classes) float32, 1 for each label of
        a row; vectors (rows, size).

    Raises:
        DataError: a label is not a class index.
    """
    return target_decoder(contract.task).decode(rows[contract.named("target")[0]], contract)
