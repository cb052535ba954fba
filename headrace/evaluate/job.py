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
from headrace.evaluate.baselines import Baselines
from headrace.evaluate.classification import Classification
from headrace.evaluate.judged import Judge, Judged
from headrace.evaluate.mistakes import show_for
from headrace.evaluate.multi_label import MultiLabel
from headrace.evaluate.regression import Regression
from headrace.evaluate.slices import Slicer
from headrace.inference import Inference
from headrace.stream.open import in_order, rank_stream
from headrace.stream.targets import targets_of
from headrace.table import Version, read
from headrace.whole_file import write_whole

log = logging.getLogger(__name__)

BATCH = 256


def evaluate(path: Path, table: Path, split: str, number: int | None, slices: tuple[str, ...] = ()) -> dict[str, Any]:
    """Judge the bundle at `path` on `split` of version `number` of `table`, and keep the result in the bundle.

    Args:
        slices: by what rows are cut, besides what they are always cut by; see `Slicer`.

    Raises:
        ConfigurationError: the rows cannot be cut by one of `slices`.
        DataError: bundle or table are missing, damaged, or do not fit each other.
    """
    bundle = bundles.load(path)
    version = read(table, number)
    _require_same(bundle, version)
    slicer = Slicer(version.contract, slices)
    inference = Inference(bundle)
    began = time.monotonic()
    judge = judge_for(bundle)
    for batch in judged(inference, version, split, slicer.columns):
        judge.add(batch)
        slicer.add(batch)
    evaluation = {"split": split, "table": str(version.table), "version": version.number, **judge.figures()}
    evaluation["slices"] = slicer.figures(judge)
    evaluation["seconds"] = round(time.monotonic() - began, 3)
    words = ["headrace", "evaluate", str(path), "--table", str(table), "--split", split]
    words += ["--version", str(version.number), *(word for name in slices for word in ("--slice", name))]
    evaluation["command"] = shlex.join(words)
    file = bundle.evaluation(split)
    write_whole(file, json.dumps(evaluation).encode())
    shown = {key: evaluation[key] for key in ("rows", "metrics", "intervals", "split", "version", "seconds")}
    if evaluation.get("baselines"):
        shown["baselines"] = evaluation["baselines"]
    return shown | {"slices": {name: evaluation["slices"][name] for name in slices}, "evaluation": str(file)}


def _require_same(bundle: bundles.Bundle, version: Version) -> None:
    bundle.require_input_of(version)
    mine, theirs = bundle.contract, version.contract
    if mine.task != theirs.task:
        raise DataError(f"The bundle was trained for {mine.task}, {version.table} is prepared for {theirs.task}.")
    if mine.classes != theirs.classes:
        raise DataError(f"The bundle knows the classes {mine.classes}, {version.table} holds {theirs.classes}.")


def judge_for(bundle: bundles.Bundle) -> Judge:
    """What the task of `bundle` is judged by."""
    contract = bundle.contract
    show = show_for(contract, bundle.path)
    if contract.task == "regression":
        return Regression(show, Baselines(contract))
    judge = MultiLabel if contract.task == "multi_label" else Classification
    return judge(contract.classes, show)


def judged(inference: Inference, version: Version, split: str, columns: tuple[str, ...] = ()) -> Iterator[Judged]:
    """Every row of `split` once, with the model's answer, and the values of `columns`."""
    contract = version.contract
    input_name, (target_name, target) = contract.named("input")[0], contract.named("target")
    plan = in_order(version, split, BATCH)
    stream = rank_stream(version, split, plan, tuple(dict.fromkeys(("path", input_name, target_name, *columns))))
    for rows, weights in stream.epoch(0):
        present = weights > 0
        inputs = inference.decoded(rows, contract)
        answers = inference.answers(inputs)
        asked = {name: rows[name][present] for name in columns}
        targets = targets_of(rows, target_name, target, len(contract.classes))[present]
        yield Judged(rows["path"][present], targets, inputs[present], answers[present], asked)
