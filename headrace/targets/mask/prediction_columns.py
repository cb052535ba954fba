"""Columns of a predicted mask for each record, and of its true mask."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.predict.outputs.prediction_columns_interface import PATH, ModelOutputs, probability_lists
from headrace.targets.mask.mask_pictures import mask_png

SCHEMA = pa.schema(
    [
        PATH,
        pa.field("mask", pa.binary(), nullable=False),
        pa.field("shares", pa.list_(pa.float32()), nullable=False),
        pa.field("confidence", pa.float32(), nullable=False),
    ]
)


def summarize(outputs: NDArray[np.float32]) -> NDArray[np.void]:
    """Return the most probable class of each pixel, and a row's mean probability of it: all that `to_columns` needs.

    The probabilities take four bytes for each pixel and class, and the masks of a task are written at its end.
    """
    rows, height, width, _ = outputs.shape
    found = np.empty(rows, [("mask", np.uint8, (height, width)), ("confidence", np.float32)])
    found["mask"], found["confidence"] = outputs.argmax(-1), outputs.max(-1).mean((1, 2))
    return found


def to_columns(outputs: ModelOutputs) -> list[pa.Array]:
    """Return the masks as PNG files of class indices, the share of pixels of each class, and the confidence."""
    rows = np.concatenate(outputs.batches)
    classes = len(outputs.classes)
    counts = np.stack([np.bincount(mask.ravel(), minlength=classes) for mask in rows["mask"]])
    shares = (counts / counts.sum(1, keepdims=True)).astype(np.float32)
    confidence = np.ascontiguousarray(rows["confidence"])
    return [pa.array(map(mask_png, rows["mask"]), pa.binary()), probability_lists(shares), pa.array(confidence)]


NAME, TYPE = "true_mask", pa.binary()


def true_target_column(stored: pa.Array, contract: Contract) -> pa.Array:
    """Return the masks as PNG files of class indices; 255 for pixels without a class."""
    size = contract.named("target")[1].fixed_shape
    masks = (np.frombuffer(one, np.uint8).reshape(size) for one in stored.to_pylist())
    return pa.array(map(mask_png, masks), pa.binary())


def row_errors(targets: pa.Array, outputs: NDArray[np.float32]) -> None:
    """Return None: `headrace evaluate` compares masks."""
    return
