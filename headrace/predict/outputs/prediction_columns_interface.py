"""Interface of target kinds that turn model outputs into columns of predictions."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.targets.target_kind_loader import target_module

# The threshold of a label unless another one is requested.
HALF = 0.5
PATH = pa.field("path", pa.string(), nullable=False)
PROBABILITIES = pa.field("probabilities", pa.list_(pa.float32()), nullable=False)


@dataclass(frozen=True)
class ModelOutputs:
    """A model's outputs for records, in order.

    Attributes:
        batches: results of `summarize_outputs`: probabilities (rows, classes), numbers (rows, 1), vectors (rows, size)
            or summaries (rows,); together as many rows as there are `paths`.
        classes: classes in the order of the outputs.
        threshold: minimum probability of a label, or of the second of two classes; None for the usual one.
    """

    paths: list[str]
    batches: list[NDArray[Any]]
    classes: tuple[str, ...]
    threshold: float | None


class PredictionColumnsInterface(Protocol):
    """The module `prediction_columns` of a target kind."""

    @property
    def SCHEMA(self) -> pa.Schema:  # noqa: N802 - the name of a constant
        """Columns of the predictions, the path first."""

    def to_columns(self, outputs: ModelOutputs) -> list[pa.Array]:
        """Return the columns of `SCHEMA` after the path, for at least one record."""


class SummaryInterface(Protocol):
    """What the module `prediction_columns` has beside, of a target kind whose traits say that it has a summary."""

    def summarize(self, outputs: NDArray[np.float32]) -> NDArray[Any]:
        """Return what `to_columns` needs of a batch of outputs, in less memory, one element for each row."""


def summarize_outputs(outputs: NDArray[np.float32], contract: Contract) -> NDArray[Any]:
    """Return what is kept of a batch of outputs until the predictions are written: all, or a summary."""
    if not contract.target.has_summary:
        return outputs
    module: SummaryInterface = target_module(contract.task, "prediction_columns")
    return module.summarize(outputs)


def predicted_fields(contract: Contract) -> list[pa.Field]:
    """Return the columns of the predictions after the path."""
    module: PredictionColumnsInterface = target_module(contract.task, "prediction_columns")
    return list(module.SCHEMA)[1:]


def predictions_table(outputs: ModelOutputs, contract: Contract) -> pa.Table:
    """Return the predictions, one row per record."""
    module: PredictionColumnsInterface = target_module(contract.task, "prediction_columns")
    if not outputs.paths:
        return module.SCHEMA.empty_table()
    return pa.Table.from_arrays([pa.array(outputs.paths), *module.to_columns(outputs)], schema=module.SCHEMA)


def probability_lists(probabilities: NDArray[np.float32]) -> pa.ListArray:
    """Return (rows, classes) probabilities as a column of lists."""
    rows, classes = probabilities.shape
    return pa.ListArray.from_arrays(np.arange(rows + 1, dtype=np.int32) * classes, probabilities.ravel())
