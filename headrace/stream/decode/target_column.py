"""Decode the target column into arrays."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Column
from headrace.errors import DataError
from headrace.stream.read.zero_copy_columns import BinaryColumn, Columns


def decode_targets(rows: Columns, name: str, column: Column, classes: int) -> NDArray[Any]:
    """Return the targets of `rows`.

    Returns:
        Class indices or regression values, (rows,); in multi_label (rows, classes) float32, 1 for each label of a row.

    Raises:
        DataError: a label is not a class index.
    """
    if column.codec != "labels":
        return np.asarray(rows[name])
    stored: BinaryColumn = rows[name]
    labels = stored.data.view(np.dtype(column.dtype).newbyteorder("<"))
    if len(labels) and not 0 <= labels.min() <= labels.max() < classes:
        raise DataError(
            f"A row has the label {labels.max()}, but there are {classes} classes; prepare the table again."
        )
    targets = np.zeros((len(stored), classes), np.float32)
    targets[np.repeat(np.arange(len(stored)), stored.lengths // labels.itemsize), labels] = 1
    return targets
