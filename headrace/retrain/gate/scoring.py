"""Asking models about every row of a test split, and how long they take to answer one."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace import bundle as bundles
from headrace.errors import DataError
from headrace.evaluate.batch import EvaluationBatch
from headrace.evaluate.classifier_scores import label_cross_entropies
from headrace.evaluate.job import iter_batches
from headrace.evaluate.multi_label import THRESHOLD
from headrace.inference import Inference
from headrace.retrain.gate.predictions import Predictions, ScoredModel
from headrace.table import Version

LATENCY_ROUNDS = 50
WARM_UP_ROUNDS = 5


def score_models(places: Mapping[str, Path], version: Version, split: str) -> dict[str, ScoredModel]:
    """What the model of each bundle says to every row of the same split, by the bundles' names.

    Raises:
        DataError: bundle or table are missing or damaged, or a model is not for such rows.
    """
    loaded = {name: bundles.load(place) for name, place in places.items()}
    for bundle in loaded.values():
        _require_comparable(bundle, version)
    models = {name: Inference(bundle) for name, bundle in loaded.items()}
    answers: dict[str, Predictions] = {}
    for name, model in models.items():
        answers[name], one = _ask(model, version, split)
    spent = _milliseconds(models, one)
    return {
        name: ScoredModel(predictions=answers[name], milliseconds=spent[name], size_bytes=_size(bundle))
        for name, bundle in loaded.items()
    }


def _require_comparable(bundle: bundles.Bundle, version: Version) -> None:
    mine, theirs = bundle.contract, version.contract
    same = (mine.input_shape, mine.windows, mine.task) == (theirs.input_shape, theirs.windows, theirs.task)
    tokens = (mine.tokenizer and mine.tokenizer.sha256) == (theirs.tokenizer and theirs.tokenizer.sha256)
    # A class that came later has a number after those before.
    known = min(len(mine.classes), len(theirs.classes))
    if not same or not tokens or mine.classes[:known] != theirs.classes[:known]:
        raise DataError(
            f"The bundle {bundle.path} cannot be judged on version {version.number} of {version.table}: they differ in "
            "inputs, task, tokenizer or classes; name a version that is prepared alike as retrain.test_version, and "
            "begin anew with --force."
        )


def _ask(model: Inference, version: Version, split: str) -> tuple[Predictions, NDArray[Any]]:
    """The answers to all rows, and one input; inputs are not kept, a test split may be larger than the memory."""
    parts, one = [], np.empty(0)
    for batch in iter_batches(model, version, split):
        parts.append(_answers(batch, len(model.contract.classes)))
        one = batch.inputs[:1]
    return Predictions.concatenate(parts), one


def _answers(batch: EvaluationBatch, classes: int) -> Predictions:
    true, answers, paths = batch.targets, batch.predictions, batch.paths.astype(str)
    if true.ndim == 2:
        return _of_labels(paths, true > 0, answers)
    if not classes:
        return Predictions(paths, true.astype(np.float64), answers[:, 0].astype(np.float64), np.zeros(len(true)))
    known = np.clip(true, 0, classes - 1)
    likelihood = np.where(true < classes, answers[np.arange(len(true)), known], 0.0)
    return Predictions(paths, true.astype(np.int64), answers.argmax(1), likelihood.astype(np.float64))


def _of_labels(paths: NDArray[np.str_], true: NDArray[np.bool_], answers: NDArray[np.float32]) -> Predictions:
    """A label that the model does not know it has not given; of one that the split does not know nothing is true."""
    labels = true.shape[1]
    known = np.pad(answers[:, :labels], ((0, 0), (0, max(0, labels - answers.shape[1]))))
    return Predictions(paths, true, known >= THRESHOLD, np.exp(-label_cross_entropies(true, known)))


def _milliseconds(models: Mapping[str, Inference], one: NDArray[Any]) -> dict[str, float]:
    """To answer one row, the median; the models take turns, so that what else the machine does slows all alike."""
    spent: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(WARM_UP_ROUNDS + LATENCY_ROUNDS):
        for name, model in models.items():
            began = time.perf_counter()
            model.predict(one)
            spent[name].append(time.perf_counter() - began)
    return {name: round(float(np.median(times[WARM_UP_ROUNDS:])) * 1000, 3) for name, times in spent.items()}


def _size(bundle: bundles.Bundle) -> int:
    return sum((bundle.folder / name).stat().st_size for name in bundle.files)
