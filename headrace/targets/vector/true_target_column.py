"""Targets that are vectors, as lists of numbers."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.targets.vector import error_metrics_and_intervals as errors
from headrace.targets.vector.prediction_columns import vector_lists

NAME, TYPE = "true_values", pa.list_(pa.float32())


def true_target_column(stored: pa.Array, contract: Contract) -> pa.Array:
    """Return the vectors."""
    (size,) = contract.named("target")[1].fixed_shape
    return vector_lists(np.frombuffer(b"".join(stored.to_pylist()), "<f4").reshape(-1, size))


def row_errors(targets: pa.Array, outputs: NDArray[np.float32]) -> pa.Array:
    """See `TrueTargetColumnInterface`: the root mean squared error over the components."""
    true = targets.flatten().to_numpy().reshape(outputs.shape)
    return pa.array(errors.row_errors(true, outputs), pa.float32())
