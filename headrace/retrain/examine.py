"""Asking a model about every row of a test split, and how long it takes to answer one."""

import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace import bundle as bundles
from headrace.errors import DataError
from headrace.evaluate.job import judged
from headrace.evaluate.judged import Judged
from headrace.inference import Inference
from headrace.retrain.answers import Answers, Examined
from headrace.table import Version

LATENCY_ROUNDS = 50
WARM_UP_ROUNDS = 5


def examine(path: Path, version: Version, split: str) -> Examined:
    """Ask the model of the bundle at `path` about every row.

    Raises:
        DataError: bundle or table are missing or damaged, or the model is not for such rows.
    """
    bundle = bundles.load(path)
    _require_comparable(bundle, version)
    inference = Inference(bundle)
    batches = list(judged(inference, version, split))
    return Examined(
        answers=_answers(batches, len(bundle.contract.classes)),
        milliseconds=_milliseconds(inference, batches[0].inputs[:1]),
        size_bytes=sum((path / name).stat().st_size for name in bundle.files),
    )


def _require_comparable(bundle: bundles.Bundle, version: Version) -> None:
    mine, theirs = bundle.contract, version.contract
    same = mine.input_shape == theirs.input_shape and mine.task == theirs.task
    tokens = (mine.tokenizer and mine.tokenizer.sha256) == (theirs.tokenizer and theirs.tokenizer.sha256)
    # A class that came later has a number after those before.
    known = min(len(mine.classes), len(theirs.classes))
    if not same or not tokens or mine.classes[:known] != theirs.classes[:known]:
        raise DataError(
            f"The bundle {bundle.path} cannot be judged on version {version.number} of {version.table}: they differ in "
            "inputs, task, tokenizer or classes; name a version that is prepared alike as retrain.test_version."
        )


def _answers(batches: list[Judged], classes: int) -> Answers:
    true = np.concatenate([batch.targets for batch in batches])
    answers = np.concatenate([batch.answers for batch in batches])
    paths = np.concatenate([batch.paths for batch in batches]).astype(str)
    if not classes:
        return Answers(paths, true.astype(np.float64), answers[:, 0].astype(np.float64), np.zeros(len(true)))
    known = np.clip(true, 0, classes - 1)
    likelihood = np.where(true < classes, answers[np.arange(len(true)), known], 0.0)
    return Answers(paths, true.astype(np.int64), answers.argmax(1), likelihood.astype(np.float64))


def _milliseconds(inference: Inference, one: NDArray[Any]) -> float:
    spent = []
    for _ in range(WARM_UP_ROUNDS + LATENCY_ROUNDS):
        began = time.perf_counter()
        inference.answers(one)
        spent.append(time.perf_counter() - began)
    return round(float(np.median(spent[WARM_UP_ROUNDS:])) * 1000, 3)
