"""Compute a model's predictions for every row of a split, in the classes of the table."""

from collections.abc import Callable

import numpy as np

from headrace.bundle_inference import Inference
from headrace.compare.row_predictions import Predictions
from headrace.contract_comparison import ClassMatch
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.evaluate.job import iter_batches
from headrace.one_or_several_inputs import Inputs, select_rows
from headrace.table import Version
from headrace.targets.comparison_interface import comparison_module

# Is called with each batch and its predictions.
Observe = Callable[[EvaluationBatch, Predictions], None]


def predict_split(
    model: Inference, version: Version, split: str, match: ClassMatch, observe: Observe | None = None
) -> tuple[Predictions, Inputs]:
    """Return the predictions for all rows and one input; other inputs are dropped, as a split may exceed the memory.

    Every model gets the rows in the same order.

    Raises:
        DataError: the version has no such split, or one of its shards cannot be read.
    """
    parts, module = list[Predictions](), comparison_module(version.contract.task)
    sample: Inputs = np.empty(0)
    for batch in iter_batches(model, version, split):
        parts.append(module.to_predictions(batch, match))
        sample = select_rows(batch.inputs, slice(1))
        if observe is not None:
            observe(batch, parts[-1])
    return Predictions.concatenate(parts), sample
