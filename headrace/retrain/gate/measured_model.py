"""A model as the gate sees it: its predictions for the test split, its latency and its size."""

from dataclasses import dataclass
from typing import Any

from headrace.compare.comparison_metrics import scores
from headrace.compare.saved_predictions import Predictions


@dataclass(frozen=True, kw_only=True)
class ScoredModel:
    """One model's predictions for the test split, with its latency and size.

    Attributes:
        milliseconds: median latency of a prediction for one row.
        size_bytes: size of the bundle's files, without evaluations.
    """

    predictions: Predictions
    milliseconds: float
    size_bytes: int


def compute_metrics(task: str, model: ScoredModel) -> dict[str, Any]:
    """Return the metrics, latency and size of a model, as written to the journal."""
    return {
        "metrics": scores(task, model.predictions),
        "milliseconds": model.milliseconds,
        "size_bytes": model.size_bytes,
    }
