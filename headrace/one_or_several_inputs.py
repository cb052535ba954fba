"""Batches of model inputs: one array, or a dict of arrays by input name."""

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

# Each array has one entry per row.
Inputs = NDArray[Any] | dict[str, NDArray[Any]]


def row_count(inputs: Inputs) -> int:
    """Return the number of rows of a batch."""
    return len(next(iter(inputs.values()))) if isinstance(inputs, dict) else len(inputs)


def select_rows(inputs: Inputs, rows: Any) -> Inputs:
    """Return the rows of a batch that an index, a mask or a slice selects."""
    return map_arrays(lambda values: values[rows], inputs)


def map_arrays(change: Callable[[Any], NDArray[Any]], inputs: Any) -> Inputs:
    """Return what `change` makes of each array, or tensor, of a batch."""
    if isinstance(inputs, dict):
        return {name: change(values) for name, values in inputs.items()}
    return change(inputs)


def as_arrays(tensors: Any) -> Inputs:
    """Return a batch of TensorFlow's tensors as arrays."""
    return map_arrays(lambda tensor: tensor.numpy(), tensors)
