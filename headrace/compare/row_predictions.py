"""A model's predictions for every row of a test split, saved so that two models can be compared row by row."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.storage.atomic_files_and_folders import atomic_write

# Column of an item's prediction that holds the rank of the true item.
RANK = 1


@dataclass(frozen=True)
class Predictions:
    """The predictions of one model.

    Attributes:
        paths: (rows,) paths of the records.
        true: (rows,) class indices or values; in multi-label tasks (rows, labels) booleans, of vectors (rows, size).
        predicted: predictions, of the same shape and type as `true`; of items (rows, 2), the best item and the rank of
            the true one.
        likelihood: (rows,) probability of the true class; in multi-label tasks the geometric mean over the labels of
            the probability of each label's true state; unused where targets are numbers or vectors.
    """

    paths: NDArray[np.str_]
    true: NDArray[Any]
    predicted: NDArray[Any]
    likelihood: NDArray[np.float64]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.true)

    def select(self, rows: NDArray[Any]) -> "Predictions":
        """Return the predictions at the indices `rows`, or where the mask `rows` is true."""
        return Predictions(self.paths[rows], self.true[rows], self.predicted[rows], self.likelihood[rows])

    def for_label(self, index: int) -> "Predictions":
        """Return the predictions of one label in a multi-label task."""
        column = slice(index, index + 1)
        return Predictions(self.paths, self.true[:, column], self.predicted[:, column], self.likelihood)

    @classmethod
    def concatenate(cls, parts: "Sequence[Predictions]") -> "Predictions":
        """Concatenate one or more parts in order."""
        names = ("paths", "true", "predicted", "likelihood")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def save(self, path: Path) -> None:
        """Write the predictions to an NPZ file."""
        file = io.BytesIO()
        np.savez_compressed(
            file, paths=self.paths, true=self.true, predicted=self.predicted, likelihood=self.likelihood
        )
        atomic_write(path, file.getbuffer())

    @classmethod
    def load(cls, path: Path) -> "Predictions":
        """Read the predictions from a file written by `save`."""
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            return cls(arrays["paths"], arrays["true"], arrays["predicted"], arrays["likelihood"])
