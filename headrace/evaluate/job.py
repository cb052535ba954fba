"""Every row of a split through the model once, streamed as in training; the figures go into the bundle."""

import json
import logging
import shlex
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from headrace import bundle as bundles
from headrace.errors import DataError
from headrace.evaluate.classification import Classification
from headrace.evaluate.judged import Judge, Judged
from headrace.evaluate.regression import Regression
from headrace.inference import Inference
from headrace.stream.open import in_order, rank_stream
from headrace.table import Version, read
from headrace.whole_file import write_whole

log = logging.getLogger(__name__)

BATCH = 256


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
    judge = judge_for(version)
    for batch in judged(inference, version, split):
        judge.add(batch)
    evaluation = {"split": split, "table": str(version.table), "version": version.number, **judge.figures()}
    evaluation["seconds"] = round(time.monotonic() - began, 3)
    words = ["headrace", "evaluate", str(path), "--table", str(table), "--split", split]
    evaluation["command"] = shlex.join([*words, "--version", str(version.number)])
    file = bundle.evaluation(split)
    write_whole(file, json.dumps(evaluation).encode())
    shown = {key: evaluation[key] for key in ("rows", "metrics", "split", "version", "seconds")}
    return shown | {"evaluation": str(file)}


def _require_same(bundle: bundles.Bundle, version: Version) -> None:
    bundle.require_input_of(version)
    mine, theirs = bundle.contract, version.contract
    if mine.task != theirs.task:
        raise DataError(f"The bundle was trained for {mine.task}, {version.table} is prepared for {theirs.task}.")
    if mine.classes != theirs.classes:
        raise DataError(f"The bundle knows the classes {mine.classes}, {version.table} holds {theirs.classes}.")


def judge_for(version: Version) -> Judge:
    """What the task of `version` is judged by."""
    contract = version.contract
    return Regression() if contract.task == "regression" else Classification(contract.classes)


def judged(inference: Inference, version: Version, split: str) -> Iterator[Judged]:
    """Every row of `split` once, with the model's answer."""
    contract = version.contract
    input_name, target_name = contract.named("input")[0], contract.named("target")[0]
    plan = in_order(version, split, BATCH)
    stream = rank_stream(version, split, plan, ("path", input_name, target_name))
    for rows, weights in stream.epoch(0):
        present = weights > 0
        inputs = inference.decoded(rows, contract)
        answers = inference.answers(inputs)
        yield Judged(rows["path"][present], rows[target_name][present], inputs[present], answers[present])
