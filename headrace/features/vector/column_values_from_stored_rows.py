"""Column values of stored vectors: lists of numbers."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.features.vector.contract_spec import VectorSpec


def column_values_from_stored_rows(contract: Contract, folder: Path, rows: NDArray[np.float32]) -> dict[str, pa.Array]:
    """See `ColumnValuesInterface`."""
    return {VectorSpec.of(contract).column: pa.array(list(rows), pa.list_(pa.float32()))}
