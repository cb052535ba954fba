"""What a model is asked for, as arrays."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Column
from headrace.errors import DataError
from headrace.stream.read.columns import BinaryColumn, Columns


def encode_targets(rows: Columns, name: str, column: Column, classes: int) -> NDArray[Any]:
    """(rows,) numbers of classes, or numbers to predict; of many labels (rows, classes) float32, 1 for each label.

    Raises:
        DataError: a row has a label that is none of the classes.
    """
    if column.codec != "labels":
        return np.asarray(rows[name])
    stored: BinaryColumn = rows[name]
    numbers = stored.data.view(np.dtype(column.dtype).newbyteorder("<"))
    if len(numbers) and not 0 <= numbers.min() <= numbers.max() < classes:
        raise DataError(
            f"A row has the label {numbers.max()}, and there are {classes} classes; prepare the table again."
        )
    found = np.zeros((len(stored), classes), np.float32)
    found[np.repeat(np.arange(len(stored)), stored.lengths // numbers.itemsize), numbers] = 1
    return found
