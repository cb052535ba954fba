"""Computation of a model's predictions for every row of a split, in the table's classes."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.compare.predictions import Predictions
from headrace.contract_match import ClassMatch
from headrace.evaluate.classifier_scores import label_cross_entropies
from headrace.evaluate.evaluation_batch import EvaluationBatch
from headrace.evaluate.job import iter_batches
from headrace.evaluate.multi_label import THRESHOLD
from headrace.inference import Inference
from headrace.table import Version

# Is called with each batch and its predictions.
Observe = Callable[[EvaluationBatch, Predictions], None]


def predict_split(
    model: Inference, version: Version, split: str, match: ClassMatch, observe: Observe | None = None
) -> tuple[Predictions, NDArray[Any]]:
    """Return the predictions for all rows and one input; other inputs are dropped, as a split may exceed the memory.

    Every model gets the rows in the same order.

    Raises:
        DataError: the version has no such split, or one of its shards cannot be read.
    """
    parts, sample = [], np.empty(0)
    for batch in iter_batches(model, version, split):
        parts.append(batch_predictions(batch, match))
        sample = batch.inputs[:1]
        if observe is not None:
            observe(batch, parts[-1])
    return Predictions.concatenate(parts), sample


def batch_predictions(batch: EvaluationBatch, match: ClassMatch) -> Predictions:
    """Return predictions in the table's class indices; classes that only the model knows get the indices after them."""
    true, outputs, paths = batch.targets, match.align(batch.predictions), batch.paths.astype(str)
    if true.ndim == 2:
        return _label_predictions(paths, true > 0, outputs)
    if not match.model:
        return Predictions(paths, true.astype(np.float64), outputs[:, 0].astype(np.float64), np.zeros(len(true)))
    likelihood = outputs[np.arange(len(true)), true]
    return Predictions(paths, true.astype(np.int64), outputs.argmax(1), likelihood.astype(np.float64))


def _label_predictions(paths: NDArray[np.str_], true: NDArray[np.bool_], outputs: NDArray[np.float32]) -> Predictions:
    """Return predictions over the split's labels; others are dropped."""
    probabilities = outputs[:, : true.shape[1]]
    likelihood = np.exp(-label_cross_entropies(true, probabilities))
    return Predictions(paths, true, probabilities >= THRESHOLD, likelihood)
