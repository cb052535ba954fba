"""Evaluation of multi-label models: a row has any number of classes."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.evaluate.calibration import expected_calibration_error, reliability
from headrace.evaluate.classifier_scores import (
    ClassScore,
    label_counts,
    label_cross_entropies,
    macro_f1,
    micro_f1,
    scores_from_counts,
    supported_macro_f1,
)
from headrace.evaluate.confidence_intervals import (
    Intervals,
    drop_degenerate,
    mean_intervals,
    share_interval,
    sum_intervals,
)
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.evaluate.mistake_renderer_interface import Renderer, picture
from headrace.evaluate.roc_pr_curves import class_curves, mean_areas
from headrace.evaluate.worst_mistakes import Mistake, WorstMistakes
from headrace.one_or_several_inputs import select_rows

THRESHOLD = 0.5
SLICE_METRICS = ("binary_accuracy", "macro_f1", "loss")


def make_evaluator(contract: Contract, show: Renderer, training_rows: Mapping[str, int]) -> "MultiLabel":
    """See `EvaluationInterface`."""
    return MultiLabel(contract.classes, show)


class MultiLabel:
    """Evaluates predictions with an independent probability for each class; 0.5 or more predicts the class."""

    def __init__(self, classes: tuple[str, ...], show: Renderer = picture) -> None:
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
        """Return metrics with intervals, counts and scores by class, calibration, curves and the worst mistakes.

        Macro F1 covers the classes that occur in the rows; the others are listed as `absent`.
        """
        truth, probabilities = self._all()
        result, scores, intervals = _compute_metrics(truth, probabilities)
        areas, curves = class_curves(self._classes, truth.T, probabilities)
        bins = reliability(probabilities.ravel(), truth.ravel())
        class_counts = label_counts(truth, probabilities >= THRESHOLD).T.tolist()
        per_class = zip(self._classes, scores, areas, intervals, class_counts, strict=True)
        result["metrics"] |= mean_areas(areas) | {"expected_calibration_error": expected_calibration_error(bins)}
        return {
            "task": "multi_label",
            **result,
            "classes": list(self._classes),
            "absent": [name for name, score in zip(self._classes, scores, strict=True) if not score.support],
            "per_class": {
                name: {**asdict(score), **area, "intervals": drop_degenerate(class_intervals), "counts": counts}
                for name, score, area, class_intervals, counts in per_class
            },
            "calibration": [asdict(bin_) for bin_ in bins],
            "curves": curves,
            "worst": [mistake.describe(self._show) for mistake in self._worst.worst_first()],
        }

    def slice_metrics(self, rows: NDArray[np.bool_]) -> dict[str, Any]:
        """See `Evaluator`; macro F1 covers the classes that occur in the rows."""
        truth, probabilities = self._all()
        result = _compute_metrics(truth[rows], probabilities[rows])[0]
        for field in ("metrics", "intervals"):
            result[field] = {name: result[field][name] for name in SLICE_METRICS if name in result[field]}
        return result

    def _all(self) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        """Concatenate the batches so far, so that they are released, and return all rows."""
        self._truth, self._probabilities = [np.concatenate(self._truth)], [np.concatenate(self._probabilities)]
        return self._truth[0], self._probabilities[0]

    def _mistakes(self, batch: EvaluationBatch, truth: NDArray[np.bool_]) -> Iterator[Mistake]:
        """Yield the worst rows with a missing or extra label; the error is that of the most confident one."""
        predicted = batch.predictions >= THRESHOLD
        errors = np.where(predicted != truth, np.abs(batch.predictions - truth), 0).max(1)
        for row in self._worst.candidates(errors, batch.paths, np.flatnonzero(errors)):
            wrong = np.flatnonzero(predicted[row] != truth[row]).tolist()
            details = {
                "labels": self._names(truth[row]),
                "predicted": self._names(predicted[row]),
                "wrong": {self._classes[index]: float(batch.predictions[row, index]) for index in wrong},
            }
            yield Mistake(float(errors[row]), str(batch.paths[row]), details, select_rows(batch.inputs, row))

    def _names(self, selected: NDArray[np.bool_]) -> list[str]:
        return [self._classes[index] for index in np.flatnonzero(selected).tolist()]


def _compute_metrics(
    truth: NDArray[np.bool_], probabilities: NDArray[np.float32]
) -> tuple[dict[str, Any], list[ClassScore], list[Intervals]]:
    """Return `rows`, `metrics` and `intervals`, and the scores of each class with their intervals."""
    predicted = probabilities >= THRESHOLD
    counts = label_counts(truth, predicted)
    means = {
        "binary_accuracy": (predicted == truth).mean(1),
        "exact_match": (predicted == truth).all(1).astype(np.float64),
        "loss": label_cross_entropies(truth, probabilities),
        "brier_score": ((probabilities - truth) ** 2).mean(1, dtype=np.float64),
    }
    scores = scores_from_counts(*counts)
    metrics = {name: float(values.mean()) for name, values in means.items()}
    metrics |= {"macro_f1": supported_macro_f1(scores), "micro_f1": micro_f1(counts)}
    f1_intervals = _f1_intervals(truth, predicted)
    class_intervals: list[Intervals] = [
        {
            "precision": share_interval(true_positives, true_positives + false_positives),
            "recall": share_interval(true_positives, true_positives + false_negatives),
            "f1": f1_intervals[f"f1 {index}"],
        }
        for index, (true_positives, false_positives, false_negatives) in enumerate(counts.T.tolist())
    ]
    intervals = mean_intervals(means) | {name: f1_intervals[name] for name in ("macro_f1", "micro_f1")}
    intervals["exact_match"] = share_interval(int(means["exact_match"].sum()), len(truth))
    return {"rows": len(truth), "metrics": metrics, "intervals": drop_degenerate(intervals)}, scores, class_intervals


def _f1_intervals(truth: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> Intervals:
    classes = truth.shape[1]

    def metrics(sums: NDArray[np.float64]) -> dict[str, float]:
        counts = sums[1:].reshape(3, classes)
        scores = scores_from_counts(*counts)
        occurring = [score for score in scores if score.support]
        metrics = {"macro_f1": macro_f1(occurring) if occurring else np.nan, "micro_f1": micro_f1(counts)}
        for index, (score, total) in enumerate(zip(scores, counts.sum(0), strict=True)):
            metrics[f"f1 {index}"] = score.f1 if total else np.nan
        return metrics

    masks = (predicted & truth, predicted & ~truth, ~predicted & truth)
    return sum_intervals(metrics, [mask[:, index] for mask in masks for index in range(classes)])
