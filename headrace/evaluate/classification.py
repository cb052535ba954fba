"""How well a model tells classes."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.evaluate.bootstrap import confusion_intervals
from headrace.evaluate.judged import Judged
from headrace.evaluate.mistakes import Mistake, WorstMistakes
from headrace.evaluate.scores import accuracy, class_scores, confusion_matrix, cross_entropy, macro_f1

MISTAKES = 24


class Classification:
    """Judges answers that are a probability for each of `classes`."""

    def __init__(self, classes: tuple[str, ...]) -> None:
        self._classes = classes
        self._labels: list[NDArray[np.int64]] = []
        self._probabilities: list[NDArray[np.float32]] = []
        self._worst = WorstMistakes(MISTAKES)

    def add(self, batch: Judged) -> None:
        """Consider one batch."""
        self._labels.append(batch.targets.astype(np.int64))
        self._probabilities.append(batch.answers)
        for mistake in _mistakes(batch):
            self._worst.add(mistake)

    def figures(self) -> dict[str, Any]:
        """Metrics and their intervals, confusion matrix, scores of each class, worst mistakes."""
        labels, probabilities = np.concatenate(self._labels), np.concatenate(self._probabilities)
        confusion = confusion_matrix(labels, probabilities.argmax(1), len(self._classes))
        scores = class_scores(confusion)
        loss = cross_entropy(labels, probabilities)
        return {
            "task": "classification",
            "rows": len(labels),
            "metrics": {"accuracy": accuracy(confusion), "macro_f1": macro_f1(scores), "loss": loss},
            "intervals": confusion_intervals(confusion),
            "classes": list(self._classes),
            "confusion": confusion.tolist(),
            "per_class": {name: asdict(score) for name, score in zip(self._classes, scores, strict=True)},
            "worst": [mistake.describe(self._classes) for mistake in self._worst.worst_first()],
        }


def _mistakes(batch: Judged) -> Iterator[Mistake]:
    predicted = batch.answers.argmax(1)
    for i in np.flatnonzero(predicted != batch.targets):
        label, guess = int(batch.targets[i]), int(predicted[i])
        yield Mistake(
            probability=float(batch.answers[i, guess]),
            path=str(batch.paths[i]),
            label=label,
            predicted=guess,
            label_probability=float(batch.answers[i, label]),
            pixels=batch.inputs[i] if batch.inputs.ndim == 4 else None,
        )
