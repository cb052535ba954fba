"""Comparison of models that rank items; a row's prediction is its best item and the rank of the true one."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from headrace.compare.paired_differences import losses
from headrace.compare.row_predictions import RANK, Predictions
from headrace.contract_comparison import ClassMatch
from headrace.evaluate.confidence_intervals import Intervals, mean_intervals
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.evaluate.item_ranks import RECALL_AT, cutoffs, item_ranks, rank_values
from headrace.targets.classification.comparison import distances, mean_loss
from headrace.targets.retrieval.kind_traits import TRAITS

__all__ = [
    "SCORES",
    "describe_prediction",
    "describe_value",
    "details",
    "difference_intervals",
    "distances",
    "to_predictions",
]


def to_predictions(batch: EvaluationBatch, match: ClassMatch) -> Predictions:
    """See `ComparisonInterface`; a row is predicted as (2,): the best item, and the rank of the true one."""
    true, probabilities = batch.targets.astype(np.int64), match.align(batch.predictions)
    predicted = np.stack([probabilities.argmax(1), item_ranks(probabilities, true)], axis=1)
    likelihood = probabilities[np.arange(len(true)), true].astype(np.float64)
    return Predictions(batch.paths.astype(str), true, predicted, likelihood)


def _score(metric: str) -> Callable[[Predictions], float]:
    return lambda predictions: float(rank_values(metric, predictions.predicted[:, RANK]).mean())


SCORES = {metric: mean_loss if metric == "loss" else _score(metric) for metric in TRAITS.comparison_metrics}


def difference_intervals(reference: Predictions, other: Predictions) -> Intervals:
    """See `ComparisonInterface`."""
    ranks = [name for name in SCORES if name != "loss"]
    before, after = (
        {name: rank_values(name, model.predicted[:, RANK]) for name in ranks} for model in (reference, other)
    )
    differences = {name: after[name] - before[name] for name in ranks}
    return mean_intervals(differences | {"loss": losses(other) - losses(reference)})


def details(models: Mapping[str, Predictions], classes: tuple[str, ...], biased: set[str]) -> dict[str, Any]:
    """Return the recall of each model at several cutoffs; items are too many for scores of each."""
    return {
        "recall": {
            name: {
                str(last): float(rank_values(f"{RECALL_AT}{last}", predictions.predicted[:, RANK]).mean())
                for last in cutoffs(len(classes))
            }
            for name, predictions in models.items()
        }
    }


def describe_value(value: Any, classes: tuple[str, ...]) -> str:
    """Return the name of the true or of the best item."""
    index = int(np.atleast_1d(value)[0])
    return classes[index] if index < len(classes) else "an item that the table lacks"


def describe_prediction(predictions: Predictions, row: int) -> dict[str, Any]:
    """Return whether the best item is the true one, the `rank` of that, and its `probability`."""
    rank = int(predictions.predicted[row, RANK])
    return {"right": rank == 1, "rank": rank, "probability": float(predictions.likelihood[row])}
