"""Evaluation of classifiers with one class per row."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.evaluate.calibration import brier_scores, expected_calibration_error, reliability
from headrace.evaluate.classifier_scores import accuracy, class_scores, confusion_matrix, cross_entropies, macro_f1
from headrace.evaluate.confidence_intervals import class_intervals, confusion_intervals, drop_degenerate, mean_intervals
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.evaluate.mistake_renderer_interface import Renderer, picture
from headrace.evaluate.roc_pr_curves import class_curves, mean_areas
from headrace.evaluate.worst_mistakes import Mistake, WorstMistakes
from headrace.one_or_several_inputs import select_rows


def make_evaluator(contract: Contract, show: Renderer, training_rows: Mapping[str, int]) -> "Classification":
    """See `EvaluationInterface`."""
    return Classification(contract.classes, show)


class Classification:
    """Evaluates predictions that are a probability for each of `classes`."""

    def __init__(self, classes: tuple[str, ...], show: Renderer = picture) -> None:
        self._classes = classes
        self._labels: list[NDArray[np.int64]] = []
        self._probabilities: list[NDArray[np.float32]] = []
        self._worst = WorstMistakes()
        self._show = show

    def add(self, batch: EvaluationBatch) -> None:
        """Add one batch."""
        self._labels.append(batch.targets.astype(np.int64))
        self._probabilities.append(batch.predictions)
        for mistake in self._mistakes(batch):
            self._worst.add(mistake)

    def metrics(self) -> dict[str, Any]:
        """Return metrics with intervals, confusion matrix, calibration, curves, scores by class and worst mistakes.

        Macro F1 covers the classes that occur in the rows; the others are listed as `absent`.
        """
        labels, probabilities = self._all()
        predicted = probabilities.argmax(1)
        confusion = confusion_matrix(labels, predicted, len(self._classes))
        scores, bins = class_scores(confusion), reliability(probabilities.max(1), predicted == labels)
        means = {"loss": cross_entropies(labels, probabilities), "brier_score": brier_scores(labels, probabilities)}
        truth = (labels == index for index in range(len(self._classes)))
        areas, curves = class_curves(self._classes, truth, probabilities)
        present = np.flatnonzero(confusion.sum(1)).tolist()
        metrics = {"accuracy": accuracy(confusion), "macro_f1": macro_f1([scores[index] for index in present])}
        metrics |= {name: float(values.mean()) for name, values in means.items()} | mean_areas(areas)
        per_class = zip(self._classes, scores, areas, class_intervals(confusion), strict=True)
        return {
            "task": "classification",
            "rows": len(labels),
            "metrics": metrics | {"expected_calibration_error": expected_calibration_error(bins)},
            "intervals": drop_degenerate(confusion_intervals(confusion) | mean_intervals(means)),
            "classes": list(self._classes),
            "absent": [name for name, score in zip(self._classes, scores, strict=True) if not score.support],
            "confusion": confusion.tolist(),
            "per_class": {
                name: {**asdict(score), **area, "intervals": drop_degenerate(intervals)}
                for name, score, area, intervals in per_class
            },
            "calibration": [asdict(bin_) for bin_ in bins],
            "curves": curves,
            "worst": [mistake.describe(self._show) for mistake in self._worst.worst_first()],
        }

    def slice_metrics(self, rows: NDArray[np.bool_]) -> dict[str, Any]:
        """See `Evaluator`; macro F1 covers the classes that occur in the rows, if there are at least two."""
        labels, probabilities = self._all()
        labels, probabilities = labels[rows], probabilities[rows]
        # Renumber the classes: a slice may contain few of many, and the bootstrap resamples its confusion matrix often.
        both = np.concatenate([labels, probabilities.argmax(1)])
        classes, indices = np.unique(both, return_inverse=True)
        true, predicted = indices.reshape(2, -1)
        confusion = confusion_matrix(true, predicted, len(classes))
        losses = cross_entropies(labels, probabilities)
        present = np.flatnonzero(confusion.sum(1)).tolist()
        metrics = {"accuracy": accuracy(confusion), "loss": float(losses.mean())}
        intervals = drop_degenerate(confusion_intervals(confusion) | mean_intervals({"loss": losses}))
        if len(present) > 1:
            metrics["macro_f1"] = macro_f1([class_scores(confusion)[index] for index in present])
        return {
            "rows": len(labels),
            "metrics": metrics,
            "intervals": {name: interval for name, interval in intervals.items() if name in metrics},
        }

    def _all(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Concatenate the batches so far, so that they are released, and return all rows."""
        self._labels, self._probabilities = [np.concatenate(self._labels)], [np.concatenate(self._probabilities)]
        return self._labels[0], self._probabilities[0]

    def _mistakes(self, batch: EvaluationBatch) -> Iterator[Mistake]:
        predicted = batch.predictions.argmax(1)
        wrong = np.flatnonzero(predicted != batch.targets)
        for row in self._worst.candidates(batch.predictions.max(1), batch.paths, wrong):
            label, predicted_class = int(batch.targets[row]), int(predicted[row])
            confidence = float(batch.predictions[row, predicted_class])
            details = {
                "label": self._classes[label],
                "predicted": self._classes[predicted_class],
                "probability": confidence,
            }
            details["label_probability"] = float(batch.predictions[row, label])
            yield Mistake(confidence, str(batch.paths[row]), details, select_rows(batch.inputs, row))
