"""Evaluation of multi-label models, whose rows have any number of classes."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.evaluate.bootstrap import Intervals, mean_intervals, sum_intervals
from headrace.evaluate.calibration import expected_calibration_error, reliability
from headrace.evaluate.classifier_scores import (
    ClassScore,
    label_counts,
    label_cross_entropies,
    macro_f1,
    micro_f1,
    scores_from_counts,
)
from headrace.evaluate.evaluation_batch import EvaluationBatch
from headrace.evaluate.mistakes import Mistake, Show, WorstMistakes, picture
from headrace.evaluate.roc_pr_curves import class_curves, mean_areas

THRESHOLD = 0.5
SLICE_METRICS = ("binary_accuracy", "macro_f1", "loss")


class MultiLabel:
    """Evaluates predictions that are an independent probability for each class; predicted from 0.5 on."""

    def __init__(self, classes: tuple[str, ...], show: Show = picture) -> None:
        self._classes = classes
        self._truth: list[NDArray[np.bool_]] = []
        self._probabilities: list[NDArray[np.float32]] = []
        self._worst = WorstMistakes()
        self._show = show

    def add(self, batch: EvaluationBatch) -> None:
        """Add one batch, whose targets are (rows, classes)."""
        truth = batch.targets > 0
        self._truth.append(truth)
        self._probabilities.append(batch.predictions)
        for mistake in self._mistakes(batch, truth):
            self._worst.add(mistake)

    def metrics(self) -> dict[str, Any]:
        """Return metrics with intervals, counts and scores by class, calibration, curves and the worst mistakes."""
        truth, probabilities = self._all()
        measured, scores, intervals = _measured(truth, probabilities)
        areas, drawn = class_curves(self._classes, truth.T, probabilities)
        bins = reliability(probabilities.ravel(), truth.ravel())
        counted = label_counts(truth, probabilities >= THRESHOLD).T.tolist()
        per_class = zip(self._classes, scores, areas, intervals, counted, strict=True)
        measured["metrics"] |= mean_areas(areas) | {"expected_calibration_error": expected_calibration_error(bins)}
        return {
            "task": "multi_label",
            **measured,
            "classes": list(self._classes),
            "per_class": {
                name: {**asdict(score), **area, "intervals": ends, "counts": counts}
                for name, score, area, ends, counts in per_class
            },
            "calibration": [asdict(one) for one in bins],
            "curves": drawn,
            "worst": [mistake.describe(self._show) for mistake in self._worst.worst_first()],
        }

    def slice_metrics(self, rows: NDArray[np.bool_]) -> dict[str, Any]:
        """See `Evaluator`."""
        truth, probabilities = self._all()
        found = _measured(truth[rows], probabilities[rows])[0]
        for kind in ("metrics", "intervals"):
            found[kind] = {name: found[kind][name] for name in SLICE_METRICS}
        return found

    def _all(self) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        """Return all rows so far as one batch, and release the single batches."""
        self._truth, self._probabilities = [np.concatenate(self._truth)], [np.concatenate(self._probabilities)]
        return self._truth[0], self._probabilities[0]

    def _mistakes(self, batch: EvaluationBatch, truth: NDArray[np.bool_]) -> Iterator[Mistake]:
        """Add the rows with a missing or superfluous label, ordered by their most confident wrong label."""
        given = batch.predictions >= THRESHOLD
        errors = np.where(given != truth, np.abs(batch.predictions - truth), 0).max(1)
        for i in self._worst.candidates(errors, batch.paths, np.flatnonzero(errors)):
            wrong = np.flatnonzero(given[i] != truth[i]).tolist()
            about = {
                "labels": self._names(truth[i]),
                "predicted": self._names(given[i]),
                "wrong": {self._classes[number]: float(batch.predictions[i, number]) for number in wrong},
            }
            yield Mistake(float(errors[i]), str(batch.paths[i]), about, batch.inputs[i])

    def _names(self, chosen: NDArray[np.bool_]) -> list[str]:
        return [self._classes[number] for number in np.flatnonzero(chosen).tolist()]


def _measured(
    truth: NDArray[np.bool_], probabilities: NDArray[np.float32]
) -> tuple[dict[str, Any], list[ClassScore], list[Intervals]]:
    """Return `rows`, `metrics` and `intervals`, and the scores of each class with their intervals."""
    given = probabilities >= THRESHOLD
    counts = label_counts(truth, given)
    means = {
        "binary_accuracy": (given == truth).mean(1),
        "exact_match": (given == truth).all(1).astype(np.float64),
        "loss": label_cross_entropies(truth, probabilities),
        "brier_score": ((probabilities - truth) ** 2).mean(1, dtype=np.float64),
    }
    scores = scores_from_counts(*counts)
    metrics = {name: float(values.mean()) for name, values in means.items()}
    metrics |= {"macro_f1": macro_f1(scores), "micro_f1": micro_f1(counts)}
    drawn = _f1_intervals(truth, given)
    of_classes = [
        {name: drawn[f"{name} {number}"] for name in ("precision", "recall", "f1")} for number in range(len(scores))
    ]
    intervals = mean_intervals(means) | {name: drawn[name] for name in ("macro_f1", "micro_f1")}
    return {"rows": len(truth), "metrics": metrics, "intervals": intervals}, scores, of_classes


def _f1_intervals(truth: NDArray[np.bool_], given: NDArray[np.bool_]) -> Intervals:
    classes = truth.shape[1]

    def figures(sums: NDArray[np.float64]) -> dict[str, float]:
        counts = sums[1:].reshape(3, classes)
        scores = scores_from_counts(*counts)
        found = {"macro_f1": macro_f1(scores), "micro_f1": micro_f1(counts)}
        for number, score in enumerate(scores):
            found |= {f"{name} {number}": getattr(score, name) for name in ("precision", "recall", "f1")}
        return found

    parts = (given & truth, given & ~truth, ~given & truth)
    return sum_intervals(figures, [part[:, number] for part in parts for number in range(classes)])
