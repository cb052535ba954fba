"""The rows on which models disagree most with the reference, each with its input as a picture or a text."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace import one_or_several_inputs
from headrace.compare.row_predictions import Predictions
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.evaluate.mistake_renderer_interface import Renderer
from headrace.evaluate.worst_mistakes import Mistake, WorstMistakes
from headrace.targets.comparison_interface import ComparisonInterface

SHOWN = 12


class LargestDisagreements:
    """Keeps the inputs of the rows on which one model disagrees most with the reference, and of no others.

    Attributes:
        rows: number of rows with another class, other labels, or in regression another number.
    """

    def __init__(self, comparison: ComparisonInterface, reference: Predictions, keep: int = SHOWN) -> None:
        self.rows = 0
        self._comparison = comparison
        self._reference = reference
        self._start = 0
        self._worst = WorstMistakes(keep)

    def add(self, batch: EvaluationBatch, predictions: Predictions) -> None:
        """Add the next batch, with the predictions of the model for its rows."""
        rows = np.arange(self._start, self._start + predictions.rows)
        before, self._start = self._reference.select(rows), self._start + predictions.rows
        differing = np.flatnonzero(_differ(before, predictions))
        self.rows += len(differing)
        distances = self._comparison.distances(before, predictions)
        for index in self._worst.candidates(distances, batch.paths, differing):
            details = {"row": int(rows[index])}
            self._worst.add(
                Mistake(
                    float(distances[index]),
                    str(batch.paths[index]),
                    details,
                    one_or_several_inputs.select_rows(batch.inputs, index),
                )
            )

    def worst_first(self) -> list[Mistake]:
        """Return the kept rows; `details` has the index of the row in the split."""
        return self._worst.worst_first()


def select_rows(watches: Sequence[LargestDisagreements]) -> list[Mistake]:
    """Return the rows on which any model disagrees most, each once, the worst first."""
    by_row: dict[int, Mistake] = {}
    for mistake in sorted((kept for watch in watches for kept in watch.worst_first()), reverse=True):
        by_row.setdefault(mistake.details["row"], mistake)
    return list(by_row.values())[:SHOWN]


def describe(
    mistake: Mistake,
    models: Mapping[str, Predictions],
    comparison: ComparisonInterface,
    classes: tuple[str, ...],
    render: Renderer,
) -> dict[str, Any]:
    """Return the path, the truth, each model's prediction and the input of a row, as JSON values."""
    row = mistake.details["row"]
    first = next(iter(models.values()))
    return {
        "path": mistake.path,
        "true": comparison.describe_value(first.true[row], classes),
        "models": {
            name: {"predicted": comparison.describe_value(predictions.predicted[row], classes)}
            | comparison.describe_prediction(predictions, row)
            for name, predictions in models.items()
        },
        **render(mistake.input),
    }


def _differ(before: Predictions, after: Predictions) -> NDArray[np.bool_]:
    differ: NDArray[np.bool_] = before.predicted != after.predicted
    return differ.reshape(len(differ), -1).any(1)
