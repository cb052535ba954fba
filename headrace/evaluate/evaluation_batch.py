"""One batch of an evaluation: what is true and what the model said."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from headrace.stream.read.column_buffers import Columns


class EvaluationBatch(NamedTuple):
    """Rows without padding.

    Attributes:
        targets: (rows,) classes, or numbers; of multi_label (rows, classes) of 0 and 1.
        inputs: (rows, ...) as the model takes them.
        answers: (rows, outputs) probabilities of classes, or (rows, 1) numbers.
        columns: of the table, as they are stored; those that slices were asked for among them.
    """

    paths: NDArray[Any]
    targets: NDArray[Any]
    inputs: NDArray[Any]
    predictions: NDArray[Any]
    columns: Columns = {}


class Evaluator(Protocol):
    """Takes every batch, and has the figures at the end."""

    def add(self, batch: EvaluationBatch) -> None:
        """Consider one batch."""

    def metrics(self) -> dict[str, Any]:
        """Of all that was added, for JSON; `metrics` among them."""

    def slice_metrics(self, rows: NDArray[np.bool_]) -> Mapping[str, Any]:
        """`rows`, `metrics` and `intervals` of the rows where the mask is true, at least one."""
