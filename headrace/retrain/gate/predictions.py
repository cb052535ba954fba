"""What a model said to every row of a test split, kept, so that two models can be compared row by row."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.storage.atomic import atomic_write


@dataclass(frozen=True)
class Predictions:
    """Of one model, by row.

    Attributes:
        paths: (rows,) of the records.
        true: (rows,) numbers of classes, or values; of many labels (rows, labels) truth values.
        predicted: (rows,) likewise.
        likelihood: (rows,) the probability that was given to the true class, or of many labels the geometric mean of
            those given to what is true of each; in regression not used.
    """

    paths: NDArray[np.str_]
    true: NDArray[Any]
    predicted: NDArray[Any]
    likelihood: NDArray[np.float64]

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.true)

    def select(self, rows: NDArray[Any]) -> "Predictions":
        """Those at the indices `rows`, or where the mask `rows` is true."""
        return Predictions(self.paths[rows], self.true[rows], self.predicted[rows], self.likelihood[rows])

    def for_label(self, number: int) -> "Predictions":
        """Those about one label of many."""
        one = slice(number, number + 1)
        return Predictions(self.paths, self.true[:, one], self.predicted[:, one], self.likelihood)

    @classmethod
    def concatenate(cls, parts: "Sequence[Predictions]") -> "Predictions":
        """All of at least one part, in order."""
        names = ("paths", "true", "predicted", "likelihood")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def save(self, path: Path) -> None:
        """Keep them in an NPZ file."""
        file = io.BytesIO()
        np.savez_compressed(
            file, paths=self.paths, true=self.true, predicted=self.predicted, likelihood=self.likelihood
        )
        atomic_write(path, file.getbuffer())

    @classmethod
    def load(cls, path: Path) -> "Predictions":
        """Those of `save`."""
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as kept:
            return cls(kept["paths"], kept["true"], kept["predicted"], kept["likelihood"])


@dataclass(frozen=True, kw_only=True)
class ScoredModel:
    """One model on the test split.

    Attributes:
        milliseconds: to answer one row, the median.
        size_bytes: of the bundle's files, without evaluations.
    """

    predictions: Predictions
    milliseconds: float
    size_bytes: int
