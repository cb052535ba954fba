"""Columns of one predicted number for each record, and of its true number."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.predict.outputs.prediction_columns_interface import PATH, ModelOutputs

SCHEMA = pa.schema([PATH, pa.field("value", pa.float32(), nullable=False)])


def to_columns(outputs: ModelOutputs) -> list[pa.Array]:
    """Return the numbers."""
    return [pa.array(np.concatenate(outputs.batches)[:, 0])]


NAME, TYPE = "true_value", pa.float32()


def true_target_column(stored: pa.Array, contract: Contract) -> pa.Array:
    """Return the numbers."""
    return stored


def row_errors(targets: pa.Array, outputs: NDArray[np.float32]) -> None:
    """Return None: an error column would only repeat a difference of two columns."""
    return
