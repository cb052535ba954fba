"""Columns of one predicted class for each record, and of its true class."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.predict.outputs.prediction_columns_interface import PATH, PROBABILITIES, ModelOutputs, probability_lists

SCHEMA = pa.schema([PATH, pa.field("label", pa.string(), nullable=False), PROBABILITIES])


def to_columns(outputs: ModelOutputs) -> list[pa.Array]:
    """Return the most probable class, or the second of two from the threshold on, and all probabilities."""
    probabilities = np.concatenate(outputs.batches)
    chosen = probabilities.argmax(axis=1)
    if outputs.threshold is not None:
        chosen = (probabilities[:, 1] >= outputs.threshold).astype(np.int64)
    return [pa.array(outputs.classes).take(pa.array(chosen)), probability_lists(probabilities)]


NAME, TYPE = "true_label", pa.string()


def true_target_column(stored: pa.Array, contract: Contract) -> pa.Array:
    """Return the name of each row's class."""
    return pa.array(contract.classes, TYPE).take(stored)


def row_errors(targets: pa.Array, outputs: NDArray[np.float32]) -> None:
    """Return None: each row already has both classes."""
    return
