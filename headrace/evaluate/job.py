"""Every row of a split through the model once, streamed as in training; the figures go into the bundle."""

import json
import logging
import shlex
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headrace import bundle as bundles
from headrace.errors import DataError
from headrace.evaluate.mistakes import Mistake, WorstMistakes
from headrace.evaluate.scores import accuracy, class_scores, confusion_matrix, cross_entropy
from headrace.inference import Inference
from headrace.stream.open import in_order, rank_stream
from headrace.table import Version, read
from headrace.whole_file import write_whole

log = logging.getLogger(__name__)

BATCH = 256
MISTAKES = 24


class Judged(NamedTuple):
    """One batch: what is true and what the model said; padding is removed."""

    paths: NDArray[Any]
    labels: NDArray[np.int64]
    pixels: NDArray[np.uint8]
    probabilities: NDArray[np.float32]


def evaluate(path: Path, table: Path, split: str, number: int | None) -> dict[str, Any]:
    """Judge the bundle at `path` on `split` of version `number` of `table`, and keep the result in the bundle.

    Raises:
        DataError: bundle or table are missing, damaged, or do not fit each other.
    """
    bundle = bundles.load(path)
    version = read(table, number)
    _require_same(bundle, version)
    inference = Inference(bundle)
    began = time.monotonic()
    labels, probabilities, worst = [], [], WorstMistakes(MISTAKES)
    for batch in _judged(inference, version, split):
        labels.append(batch.labels)
        probabilities.append(batch.probabilities)
        for mistake in _mistakes(batch):
            worst.add(mistake)
    evaluation = _figures(version, split, np.concatenate(labels), np.concatenate(probabilities))
    classes = version.contract.classes
    evaluation["worst"] = [mistake.describe(classes) for mistake in worst.worst_first()]
    evaluation["seconds"] = round(time.monotonic() - began, 3)
    words = ["headrace", "evaluate", str(path), "--table", str(table), "--split", split]
    evaluation["command"] = shlex.join([*words, "--version", str(version.number)])
    file = bundle.evaluation(split)
    write_whole(file, json.dumps(evaluation).encode())
    shown = {key: evaluation[key] for key in ("rows", "metrics", "split", "version", "seconds")}
    return shown | {"evaluation": str(file)}


def _require_same(bundle: bundles.Bundle, version: Version) -> None:
    mine, theirs = bundle.contract, version.contract
    if mine.input_shape != theirs.input_shape:
        raise DataError(
            f"The bundle takes inputs of shape {mine.input_shape}, {version.table} holds {theirs.input_shape}."
        )
    if mine.classes != theirs.classes:
        raise DataError(f"The bundle knows the classes {mine.classes}, {version.table} holds {theirs.classes}.")


def _judged(inference: Inference, version: Version, split: str) -> Iterator[Judged]:
    contract = version.contract
    input_name, target_name = contract.named("input")[0], contract.named("target")[0]
    plan = in_order(version, split, BATCH)
    stream = rank_stream(version, split, plan, ("path", input_name, target_name))
    for rows, weights in stream.epoch(0):
        present = weights > 0
        pixels = inference.decoded(rows, contract)
        probabilities = inference.probabilities(pixels)
        yield Judged(
            rows["path"][present], rows[target_name][present].astype(np.int64), pixels[present], probabilities[present]
        )


def _mistakes(batch: Judged) -> Iterator[Mistake]:
    predicted = batch.probabilities.argmax(1)
    for i in np.flatnonzero(predicted != batch.labels):
        label, guess = int(batch.labels[i]), int(predicted[i])
        yield Mistake(
            probability=float(batch.probabilities[i, guess]),
            path=str(batch.paths[i]),
            label=label,
            predicted=guess,
            label_probability=float(batch.probabilities[i, label]),
            pixels=batch.pixels[i],
        )


def _figures(
    version: Version, split: str, labels: NDArray[np.int64], probabilities: NDArray[np.float32]
) -> dict[str, Any]:
    classes = version.contract.classes
    confusion = confusion_matrix(labels, probabilities.argmax(1), len(classes))
    scores = class_scores(confusion)
    return {
        "split": split,
        "table": str(version.table),
        "version": version.number,
        "rows": len(labels),
        "metrics": {"accuracy": accuracy(confusion), "loss": cross_entropy(labels, probabilities)},
        "classes": list(classes),
        "confusion": confusion.tolist(),
        "per_class": {name: asdict(score) for name, score in zip(classes, scores, strict=True)},
    }
