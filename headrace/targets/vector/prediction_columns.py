"""Columns of a predicted list of numbers for each record, and of its true list."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.predict.outputs.prediction_columns_interface import PATH, ModelOutputs
from headrace.targets.vector import error_metrics_and_intervals as errors

SCHEMA = pa.schema([PATH, pa.field("values", pa.list_(pa.float32()), nullable=False)])


def to_columns(outputs: ModelOutputs) -> list[pa.Array]:
    """Return the vectors."""
    return [vector_lists(np.concatenate(outputs.batches))]


def vector_lists(vectors: NDArray[np.float32]) -> pa.ListArray:
    """Return (rows, size) vectors as a column of lists."""
    rows, size = vectors.shape
    offsets = np.arange(rows + 1, dtype=np.int32) * size
    return pa.ListArray.from_arrays(offsets, np.ascontiguousarray(vectors, np.float32).ravel())


NAME, TYPE = "true_values", pa.list_(pa.float32())


def true_target_column(stored: pa.Array, contract: Contract) -> pa.Array:
    """Return the vectors."""
    (size,) = contract.named("target")[1].fixed_shape
    return vector_lists(np.frombuffer(b"".join(stored.to_pylist()), "<f4").reshape(-1, size))


def row_errors(targets: pa.Array, outputs: NDArray[np.float32]) -> pa.Array:
    """See `TrueTargetColumnInterface`: the root mean squared error over the components."""
    true = targets.flatten().to_numpy().reshape(outputs.shape)
    return pa.array(errors.row_errors(true, outputs), pa.float32())
