"""The values of stored vectors: cells as lists of numbers, and the statistics that are compared for drift."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.features.vector.contract_part import VectorSpec


def column_values_from_stored_rows(contract: Contract, folder: Path, rows: NDArray[np.float32]) -> dict[str, pa.Array]:
    """See `ColumnValuesInterface`."""
    return {VectorSpec.of(contract).column: pa.array(list(rows), pa.list_(pa.float32()))}


def statistics(payload: bytes, contract: Contract) -> dict[str, float]:
    """Return the length of the vector, and the mean of its components."""
    components = np.frombuffer(payload, "<f4").astype(np.float64)
    return {"length": float(np.linalg.norm(components)), "level": float(components.mean())}
