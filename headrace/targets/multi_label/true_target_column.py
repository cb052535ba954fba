"""Targets with names of classes instead of numbers."""

import numpy as np
import pyarrow as pa

from headrace.contract import Contract
from headrace.prepare.encoders.label_text import INDEX_TYPE
from headrace.targets.classification.true_target_column import row_errors
from headrace.targets.multi_label.target_decoder import require_class_indices

__all__ = ["NAME", "TYPE", "true_target_column", "row_errors"]

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
