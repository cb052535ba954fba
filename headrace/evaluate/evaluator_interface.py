"""A batch of targets and predictions, and the interface of the evaluators of target kinds."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.evaluate.mistake_renderer_interface import Renderer
from headrace.one_or_several_inputs import Inputs
from headrace.stream.read.binary_columns_and_row_selection import Columns


class EvaluationBatch(NamedTuple):
    """Rows without padding.

    Attributes:
        targets: (rows,) classes, items or numbers; for multi_label (rows, classes) of 0 and 1; vectors (rows, size).
        inputs: (rows, ...) as the model receives them; of several inputs a dict by name.
        predictions: (rows, outputs) probabilities of classes or items, (rows, 1) numbers, or vectors (rows, size).
        columns: columns of the table as stored, at least those that the slices need.
    """

    paths: NDArray[Any]
    targets: NDArray[Any]
    inputs: Inputs
    predictions: NDArray[Any]
    columns: Columns = {}


class Evaluator(Protocol):
    """Collects all batches and computes the metrics at the end."""

    def add(self, batch: EvaluationBatch) -> None:
        """Add one batch."""

    def metrics(self) -> dict[str, Any]:
        """Return the evaluation of all added rows as JSON values, including `metrics`."""

    def slice_metrics(self, rows: NDArray[np.bool_]) -> Mapping[str, Any]:
        """Return `rows`, `metrics` and `intervals` of the rows where the mask is true (at least one)."""


class EvaluationInterface(Protocol):
    """The module `evaluation` of a target kind."""

    def make_evaluator(self, contract: Contract, show: Renderer, training_rows: Mapping[str, int]) -> Evaluator:
        """Return an evaluator of predictions for the classes of `contract`.

        Args:
            show: renders an input.
            training_rows: rows of the table's training split by class name.
        """
