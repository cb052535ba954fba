"""Interface of target kinds that write stored targets with names of classes instead of numbers."""

from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.stream.read.binary_columns_and_row_selection import BinaryColumn
from headrace.targets.target_kind_loader import target_module


class TrueTargetColumnInterface(Protocol):
    """The module `prediction_columns` of a target kind."""

    @property
    def NAME(self) -> str:  # noqa: N802 - the name of a constant
        """Name of the column of true targets beside predictions."""

    @property
    def TYPE(self) -> pa.DataType:  # noqa: N802 - the name of a constant
        """Type of the column."""

    def true_target_column(self, stored: pa.Array, contract: Contract) -> pa.Array:
        """Return the targets of some rows, from the values of the column as a shard has them.

        Raises:
            DataError: a label is not a class index.
        """

    def row_errors(self, targets: pa.Array, outputs: NDArray[np.float32]) -> pa.Array | None:
        """Return the error of each row where its vectors are too long to compare by eye; None for other kinds.

        Args:
            targets: result of `true_target_column`.
            outputs: (rows, outputs) of a model.
        """


def targets_module(task: str) -> TrueTargetColumnInterface:
    """Return how targets of the kind `task` are written for people."""
    module: TrueTargetColumnInterface = target_module(task, "prediction_columns")
    return module


def true_target_column(values: Any, contract: Contract) -> pa.Array:
    """Return the targets of rows in memory, as an array or a `BinaryColumn`."""
    stored = pa.array(values.tolist(), pa.binary()) if isinstance(values, BinaryColumn) else pa.array(values)
    return targets_module(contract.task).true_target_column(stored, contract)
