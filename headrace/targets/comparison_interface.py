"""Declare how a target kind compares models: predictions, metrics, and details by class or by quantile."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from headrace.compare.row_predictions import Predictions
from headrace.contract_comparison import ClassMatch
from headrace.evaluate.confidence_intervals import Intervals
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.targets.target_kind_loader import target_module


class ComparisonInterface(Protocol):
    """The module `comparison` of a target kind."""

    @property
    def SCORES(self) -> Mapping[str, Callable[[Predictions], float]]:  # noqa: N802 - the name of a constant
        """Functions that return a metric of the predictions for at least one row, by name."""

    def to_predictions(self, batch: EvaluationBatch, match: ClassMatch) -> Predictions:
        """Return predictions in the table's classes; classes that only the model knows get the indices after them."""

    def difference_intervals(self, reference: Predictions, other: Predictions) -> Intervals:
        """Return the paired bootstrap interval of the difference of each metric of `SCORES`."""

    def distances(self, before: Predictions, after: Predictions) -> NDArray[np.float64]:
        """Return how far two predictions for each row are apart, (rows,)."""

    def details(self, models: Mapping[str, Predictions], classes: tuple[str, ...], biased: set[str]) -> dict[str, Any]:
        """Return what a comparison says beside the metrics, as JSON values; the first model is the reference."""

    def describe_value(self, value: Any, classes: tuple[str, ...]) -> Any:
        """Return a true or predicted value of one row as a JSON value for people."""

    def describe_prediction(self, predictions: Predictions, row: int) -> dict[str, Any]:
        """Return how far the prediction of a row is from the truth, as JSON values."""


def comparison_module(task: str) -> ComparisonInterface:
    """Return the comparison of the target kind `task`."""
    module: ComparisonInterface = target_module(task, "comparison")
    return module
