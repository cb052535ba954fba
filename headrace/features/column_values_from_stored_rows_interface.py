"""Declare the interface of an input kind whose inputs are several cells of a row."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.features.input_kind_loader import input_module


class ColumnValuesInterface(Protocol):
    """The module `column_values_from_stored_rows` of an input kind whose properties say that it has cells."""

    def column_values_from_stored_rows(
        self, contract: Contract, folder: Path, rows: NDArray[np.float32]
    ) -> dict[str, pa.Array]:
        """Return the values of stored rows (rows, columns) by the columns of `InputSpec.cell_types`.

        Args:
            folder: folder of the table, with what was fitted.
        """


def column_values_from_stored_rows(contract: Contract, folder: Path, rows: NDArray[Any]) -> dict[str, pa.Array]:
    """Return the values of stored rows by column; see `ColumnValuesInterface`."""
    module: ColumnValuesInterface = input_module(contract.input_kind, "column_values_from_stored_rows")
    return module.column_values_from_stored_rows(contract, folder, rows)
