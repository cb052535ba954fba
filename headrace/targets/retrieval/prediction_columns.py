"""Columns of the best items for each record with their scores, and of its true item."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.evaluate.item_ranks import best_items
from headrace.predict.outputs.prediction_columns_interface import PATH, ModelOutputs, probability_lists
from headrace.targets.classification.prediction_columns import row_errors

__all__ = ["NAME", "SCHEMA", "TYPE", "row_errors", "summarize", "to_columns", "true_target_column"]

SCHEMA = pa.schema(
    [
        PATH,
        pa.field("items", pa.list_(pa.string()), nullable=False),
        pa.field("scores", pa.list_(pa.float32()), nullable=False),
    ]
)


def summarize(outputs: NDArray[np.float32]) -> NDArray[np.void]:
    """Return the indices of the ten best items of each row, the best first, and their probabilities."""
    best = best_items(outputs)
    found = np.empty(len(outputs), [("items", np.int64, best.shape[1:]), ("scores", np.float32, best.shape[1:])])
    found["items"], found["scores"] = best, np.take_along_axis(outputs, best, 1)
    return found


def to_columns(outputs: ModelOutputs) -> list[pa.Array]:
    """Return the ids of the best items, the best first, and their probabilities."""
    rows = np.concatenate(outputs.batches)
    count, best = rows["items"].shape
    names = pa.array(outputs.classes, pa.string()).take(pa.array(np.ascontiguousarray(rows["items"]).ravel()))
    offsets = np.arange(count + 1, dtype=np.int32) * best
    return [pa.ListArray.from_arrays(offsets, names), probability_lists(np.ascontiguousarray(rows["scores"]))]


NAME, TYPE = "true_item", pa.string()


def true_target_column(stored: pa.Array, contract: Contract) -> pa.Array:
    """Return the id of each row's item."""
    return pa.array(contract.classes, TYPE).take(stored)
