"""Evaluation of models that predict a class for each pixel."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.contract import IGNORED_PIXEL, Contract
from headrace.evaluate.classifier_scores import SMALLEST_PROBABILITY, confusion_matrix
from headrace.evaluate.confidence_intervals import Intervals, drop_degenerate, mean_intervals
from headrace.evaluate.evaluator_interface import EvaluationBatch
from headrace.evaluate.mistake_renderer_interface import Renderer, picture
from headrace.evaluate.worst_mistakes import Mistake, WorstMistakes
from headrace.one_or_several_inputs import select_rows
from headrace.targets.mask.mask_pictures import mask_text
from headrace.targets.mask.pixel_counts import Counts, class_shares, pixel_counts, row_iou, score_intervals, scores


def make_evaluator(contract: Contract, show: Renderer, training_rows: Mapping[str, int]) -> "Segmentation":
    """See `EvaluationInterface`."""
    return Segmentation(contract.classes, show)


class Segmentation:
    """Evaluates probabilities of pixels: each pixel is predicted to have its most probable class."""

    def __init__(self, classes: tuple[str, ...], show: Renderer = picture) -> None:
        self._classes = classes
        self._counts: list[Counts] = []
        self._losses: list[NDArray[np.float64]] = []
        self._confusion = np.zeros((len(classes), len(classes)), np.int64)
        self._worst = WorstMistakes()
        self._show = show

    def add(self, batch: EvaluationBatch) -> None:
        """Add one batch, whose targets are (rows, height, width)."""
        true, predicted = batch.targets, batch.predictions.argmax(-1).astype(np.uint8)
        counts = pixel_counts(true, predicted, len(self._classes))
        self._counts.append(counts)
        self._losses.append(pixel_losses(true, batch.predictions))
        counted = (true != IGNORED_PIXEL) & (predicted < len(self._classes))
        self._confusion += confusion_matrix(
            true[counted].astype(np.int64), predicted[counted].astype(np.int64), len(self._classes)
        )
        errors, wrong = 1 - row_iou(counts), 1 - counts[:, 0].sum(1) / counts[:, 1].sum(1)
        for row in self._worst.candidates(errors, batch.paths, np.flatnonzero(wrong)):
            details = {
                "iou": float(1 - errors[row]),
                "wrong": float(wrong[row]),
                "true_mask": mask_text(true[row]),
                "predicted_mask": mask_text(predicted[row]),
            }
            self._worst.add(Mistake(float(errors[row]), str(batch.paths[row]), details, select_rows(batch.inputs, row)))

    def metrics(self) -> dict[str, Any]:
        """Return metrics with intervals, the baseline, scores by class, confused pixels and the worst rows.

        The rows of `confusion` are true classes, its columns predicted ones, its values pixels. The worst rows are
        those of the smallest mean IoU over their classes.
        """
        counts, losses = self._all()
        result, intervals = _compute_metrics(counts, losses)
        total, rows = counts.sum(0), (counts[:, 1] > 0).sum(0)
        shares = class_shares(total)
        return {
            "task": "mask",
            **result,
            "baselines": {"most frequent class": _baseline(total)},
            "classes": list(self._classes),
            "absent": [name for name, present in zip(self._classes, rows, strict=True) if not present],
            "pixels": int(total[1].sum()),
            "by_class": {
                name: {
                    **{figure: _defined(values[index]) for figure, values in shares.items()},
                    "pixels": int(total[1, index]),
                    "rows": int(rows[index]),
                    "intervals": drop_degenerate({key: intervals[f"{key} {index}"] for key in ("iou", "dice")}),
                }
                for index, name in enumerate(self._classes)
            },
            "confusion": self._confusion.tolist(),
            "worst": [mistake.describe(self._show) for mistake in self._worst.worst_first()],
        }

    def slice_metrics(self, rows: NDArray[np.bool_]) -> dict[str, Any]:
        """See `Evaluator`."""
        counts, losses = self._all()
        return _compute_metrics(counts[rows], losses[rows])[0]

    def _all(self) -> tuple[Counts, NDArray[np.float64]]:
        """Concatenate the batches so far, so that they are released, and return all rows."""
        self._counts, self._losses = [np.concatenate(self._counts)], [np.concatenate(self._losses)]
        return self._counts[0], self._losses[0]


def pixel_losses(true: NDArray[np.uint8], probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the mean over each row's pixels with a class of -ln(probability of it), in nats, (rows,)."""
    valid = true != IGNORED_PIXEL
    indices = np.where(valid, true, 0)[..., None].astype(np.int64)
    likelihoods = np.take_along_axis(probabilities, indices, -1)[..., 0].astype(np.float64)
    losses = np.where(valid, -np.log(np.clip(likelihoods, SMALLEST_PROBABILITY, 1.0)), 0.0)
    means: NDArray[np.float64] = losses.sum((1, 2)) / np.maximum(valid.sum((1, 2)), 1)
    return means


def _compute_metrics(counts: Counts, losses: NDArray[np.float64]) -> tuple[dict[str, Any], Intervals]:
    """Return `rows`, `metrics` and `intervals`, and the intervals of classes by their index."""
    metrics = scores(counts.sum(0)) | {"loss": float(losses.mean())}
    found = score_intervals(counts) | mean_intervals({"loss": losses})
    intervals = drop_degenerate({name: found[name] for name in metrics})
    return {"rows": len(counts), "metrics": metrics, "intervals": intervals}, found


def _baseline(total: Counts) -> dict[str, float]:
    """Return the scores if every pixel were predicted to have the most frequent class."""
    right, predicted = np.zeros_like(total[1]), np.zeros_like(total[1])
    most = int(total[1].argmax())
    right[most], predicted[most] = total[1, most], total[1].sum()
    return scores(np.stack([right, total[1], predicted]))


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
