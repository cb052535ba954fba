"""One batch of an evaluation: targets and predictions."""

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
    """Collects all batches and computes the metrics at the end."""

    def add(self, batch: EvaluationBatch) -> None:
        """Add one batch."""

    def metrics(self) -> dict[str, Any]:
        """Return the evaluation of all added rows as JSON values, `metrics` among them."""

    def slice_metrics(self, rows: NDArray[np.bool_]) -> Mapping[str, Any]:
        """Return `rows`, `metrics` and `intervals` of the rows where the mask is true, at least one."""
