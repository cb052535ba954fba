"""Stored lists of class indices as arrays of 0 and 1."""

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.errors import DataError
from headrace.prepare.encoders.label_text import INDEX_TYPE
from headrace.stream.read.binary_columns_and_row_selection import BinaryColumn

DTYPE = "float32"


def target_shape(contract: Contract) -> tuple[int, ...]:
    """Return the shape of one target: a number for each class."""
    return (len(contract.classes),)


def decode(stored: BinaryColumn, contract: Contract) -> NDArray[np.float32]:
    """Return (rows, classes), 1 for each label of a row.

    Raises:
        DataError: a label is not a class index.
    """
    labels = stored.data.view(INDEX_TYPE)
    require_class_indices(labels, contract)
    targets = np.zeros((len(stored), len(contract.classes)), np.float32)
    targets[np.repeat(np.arange(len(stored)), stored.lengths // labels.itemsize), labels] = 1
    return targets


def require_class_indices(labels: NDArray[np.int32], contract: Contract) -> None:
    """Raise unless all of `labels` are indices of classes.

    Raises:
        DataError: one of them is not.
    """
    classes = len(contract.classes)
    if len(labels) and not 0 <= labels.min() <= labels.max() < classes:
        raise DataError(
            f"A row has the label {labels.max()}, but there are {classes} classes; prepare the table again."
        )
