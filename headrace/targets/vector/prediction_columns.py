"""Columns of the predictions of vectors: a list of numbers for each record."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.predict.outputs.prediction_columns_interface import PATH, ModelOutputs

SCHEMA = pa.schema([PATH, pa.field("values", pa.list_(pa.float32()), nullable=False)])


def to_columns(outputs: ModelOutputs) -> list[pa.Array]:
    """Return the vectors."""
    return [vector_lists(np.concatenate(outputs.batches))]


def vector_lists(vectors: NDArray[np.float32]) -> pa.ListArray:
    """Return (rows, size) vectors as a column of lists."""
    rows, size = vectors.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * size
    return pa.ListArray.from_arrays(offsets, np.ascontiguousarray(vectors, np.float32).ravel())
