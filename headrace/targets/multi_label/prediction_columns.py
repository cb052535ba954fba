"""Columns of any number of predicted labels for each record, and of its true labels."""

import numpy as np
import pyarrow as pa

from headrace.contract import Contract
from headrace.predict.outputs.prediction_columns_interface import (
    HALF,
    PATH,
    PROBABILITIES,
    ModelOutputs,
    probability_lists,
)
from headrace.prepare.encoders.label_text import INDEX_TYPE
from headrace.targets.classification.prediction_columns import row_errors
from headrace.targets.multi_label.stored_target_to_array import require_class_indices

__all__ = ["NAME", "SCHEMA", "TYPE", "row_errors", "to_columns", "true_target_column"]

# A record may have no label.
SCHEMA = pa.schema([PATH, pa.field("labels", pa.list_(pa.string()), nullable=False), PROBABILITIES])


def to_columns(outputs: ModelOutputs) -> list[pa.Array]:
    """Return the labels whose probability is at least the threshold, and all probabilities."""
    probabilities = np.concatenate(outputs.batches)
    given = probabilities >= (HALF if outputs.threshold is None else outputs.threshold)
    names = pa.array(outputs.classes).take(pa.array(np.nonzero(given)[1]))
    offsets = np.append(0, np.cumsum(given.sum(1))).astype(np.int32)
    return [pa.ListArray.from_arrays(offsets, names), probability_lists(probabilities)]


NAME, TYPE = "true_labels", pa.list_(pa.string())


def true_target_column(stored: pa.Array, contract: Contract) -> pa.Array:
    """Return the names of each row's classes, in the order of the contract.

    Raises:
        DataError: a label is not a class index.
    """
    rows = [np.frombuffer(row, INDEX_TYPE) for row in stored.to_pylist()]
    offsets = np.append(0, np.cumsum([len(row) for row in rows])).astype(np.int32)
    indices = np.concatenate([np.empty(0, INDEX_TYPE), *rows])
    require_class_indices(indices, contract)
    return pa.ListArray.from_arrays(offsets, pa.array(contract.classes, pa.string()).take(pa.array(indices)))
