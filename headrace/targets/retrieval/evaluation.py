"""Evaluation of models that rank items: of each row the rank of the true item and the best items are kept."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.evaluate.classifier_scores import cross_entropies
from headrace.evaluate.confidence_intervals import drop_degenerate, mean_intervals
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.evaluate.item_popularity import popularity_metrics, training_counts
from headrace.evaluate.item_ranks import BEST, best_items, item_ranks, rank_metrics
from headrace.evaluate.mistake_renderer_interface import Renderer, picture
from headrace.evaluate.worst_mistakes import Mistake, WorstMistakes
from headrace.one_or_several_inputs import select_rows

POPULARITY = "popularity"
# Items of a mistake that are shown.
SHOWN = 3


def make_evaluator(contract: Contract, show: Renderer, training_rows: Mapping[str, int]) -> "Retrieval":
    """See `EvaluationInterface`."""
    return Retrieval(contract.classes, training_rows, show)


class Retrieval:
    """Evaluates predictions that are a probability for each of `items`, then of items that only the model knows."""

    def __init__(self, items: tuple[str, ...], training_rows: Mapping[str, int], show: Renderer = picture) -> None:
        self._items = items
        self._counts = training_counts(items, training_rows)
        self._true: list[NDArray[np.int64]] = []
        self._ranks: list[NDArray[np.int64]] = []
        self._losses: list[NDArray[np.float64]] = []
        self._recommended = np.zeros(len(items), np.bool_)
        self._worst = WorstMistakes()
        self._show = show

    def add(self, batch: EvaluationBatch) -> None:
        """Add one batch."""
        true = batch.targets.astype(np.int64)
        ranks, best = item_ranks(batch.predictions, true), best_items(batch.predictions)
        losses = cross_entropies(true, batch.predictions)
        self._true.append(true)
        self._ranks.append(ranks)
        self._losses.append(losses)
        self._recommended[best[best < len(self._items)]] = True
        for row in self._worst.candidates(losses, batch.paths, np.flatnonzero(ranks > BEST)):
            details = {
                "item": self._items[true[row]],
                "rank": int(ranks[row]),
                "probability": float(batch.predictions[row, true[row]]),
                "best": [self._name(index) for index in best[row, :SHOWN].tolist()],
            }
            self._worst.add(Mistake(float(losses[row]), str(batch.paths[row]), details, select_rows(batch.inputs, row)))

    def metrics(self) -> dict[str, Any]:
        """Return metrics with intervals, those of the baseline, and the rows with the least probable true items.

        `coverage_at_10` is the share of items that are among the first ten of at least one row. The baseline lists the
        items by their training rows, alike for all; see `popularity_metrics`.
        """
        true, ranks, losses = self._all()
        result = _compute_metrics(ranks, losses, len(self._items))
        result["metrics"]["coverage_at_10"] = float(self._recommended.mean())
        baseline = popularity_metrics(self._counts, true)
        without = self._counts[true] == 0
        return {
            "task": "retrieval",
            **result,
            "baselines": {POPULARITY: baseline | {"coverage_at_10": min(1.0, BEST / len(self._items))}},
            "items": len(self._items),
            "without_training_rows": {
                "rows": int(without.sum()),
                "items": len(np.unique(true[without])),
            },
            "worst": [mistake.describe(self._show) for mistake in self._worst.worst_first()],
        }

    def slice_metrics(self, rows: NDArray[np.bool_]) -> dict[str, Any]:
        """See `Evaluator`; a slice has the metrics that the gate may compare."""
        _, ranks, losses = self._all()
        found = _compute_metrics(ranks[rows], losses[rows], len(self._items))
        kept = ("recall_at_10", "mean_reciprocal_rank", "loss")
        return {
            "rows": found["rows"],
            "metrics": {name: found["metrics"][name] for name in kept},
            "intervals": {name: bounds for name, bounds in found["intervals"].items() if name in kept},
        }

    def _name(self, index: int) -> str:
        return self._items[index] if index < len(self._items) else "an item that the table lacks"

    def _all(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Concatenate the batches so far, so that they are released, and return all rows."""
        self._true, self._ranks = [np.concatenate(self._true)], [np.concatenate(self._ranks)]
        self._losses = [np.concatenate(self._losses)]
        return self._true[0], self._ranks[0], self._losses[0]


def _compute_metrics(ranks: NDArray[np.int64], losses: NDArray[np.float64], items: int) -> dict[str, Any]:
    means = rank_metrics(ranks, items) | {"loss": losses}
    return {
        "rows": len(ranks),
        "metrics": {name: float(values.mean()) for name, values in means.items()},
        "intervals": drop_degenerate(mean_intervals(means)),
    }
