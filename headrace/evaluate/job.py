"""The evaluate command: predicts every row of a split once, streamed as in training, and stores the metrics."""

import json
import logging
import shlex
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace import bundle as bundles
from headrace.errors import DataError
from headrace.evaluate.class_match_with_table import match_classes
from headrace.evaluate.evaluator_interface import EvaluationBatch, EvaluationInterface, Evaluator
from headrace.evaluate.mistake_renderer_interface import renderer_for
from headrace.evaluate.slice_metrics import Slicer
from headrace.evaluate.training_overlap import training_overlap, warn_of_overlap
from headrace.one_or_several_inputs import select_rows
from headrace.progress_bar import progress
from headrace.runs.run_folder import RunFolder
from headrace.storage import locate
from headrace.storage.atomic_files_and_folders import atomic_write
from headrace.stream.build_plan_and_rank_stream import evaluation_plan, rank_stream
from headrace.stream.decode.target_column import decode_targets
from headrace.table import Version, read
from headrace.targets.target_kind_loader import target_module
from headrace.wording import join_names

if TYPE_CHECKING:
    from headrace.bundle_inference import Inference

log = logging.getLogger(__name__)

BATCH = 256
# With more the terminal would repeat the report.
WORST_CLASSES = 2


def evaluate(
    path: Path, table: Path | None, split: str, number: int | None, slices: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Evaluate the bundle at `path` on `split` of version `number` of `table`, and store the result in the bundle.

    Args:
        table: None takes the table that the model was trained on, by default in the same version.
        slices: what to slice rows by, in addition to the default slices; see `Slicer`.

    Raises:
        ConfigurationError: the rows cannot be sliced by one of `slices`.
        DataError: the bundle or the table is missing or damaged, or they do not match.
    """
    bundle = bundles.load(path)
    version = _version_of_training(bundle, number) if table is None else read(table, number)
    match = match_classes(bundle, version, absent=version.summary.classes_without_rows())
    slicer = Slicer(version.contract, version.table, slices, version.summary.training_rows)
    # TensorFlow takes seconds to import; what is wrong is said before.
    from headrace.bundle_inference import Inference

    inference = Inference(bundle)
    start = time.monotonic()
    evaluator = evaluator_for(bundle, version)
    for batch in iter_batches(inference, version, split, slicer.columns):
        batch = batch._replace(predictions=match.align(batch.predictions))
        evaluator.add(batch)
        slicer.add(batch)
    evaluation = {"split": split, "table": str(version.table), "version": version.number, **evaluator.metrics()}
    evaluation |= _overlap(bundle, version, split)
    _warn_of_absent_classes(evaluation, split)
    evaluation["slices"] = slicer.metrics(evaluator)
    evaluation["seconds"] = round(time.monotonic() - start, 3)
    command = ["headrace", "evaluate", str(path), "--table", str(table or version.table), "--split", split]
    command += ["--version", str(version.number), *(argument for name in slices for argument in ("--slice", name))]
    evaluation["command"] = shlex.join(command)
    file = bundle.evaluation(split)
    atomic_write(file, json.dumps(evaluation).encode())
    summary = {key: evaluation[key] for key in ("rows", "metrics", "intervals", "split", "version", "seconds")}
    summary |= {key: evaluation[key] for key in ("baselines", "trained_on") if evaluation.get(key)}
    summary |= {"worst_classes": _worst_classes(evaluation)} if evaluation.get("per_class") else {}
    summary |= {"slices": {name: evaluation["slices"][name] for name in slices}, "evaluation": str(file)}
    run = bundle.path.parent
    return summary | ({"run": str(run)} if RunFolder(run).record_file.exists() else {})


def _version_of_training(bundle: bundles.Bundle, number: int | None) -> Version:
    """Return a version of the table that the model was trained on, by default the same one, and log which it is.

    Raises:
        DataError: the table or the version is not there, or another table is at its path.
    """
    origin = bundle.origin
    trained = f"The model was trained on version {origin.data_version} of {origin.table}"
    try:
        version = read(locate(origin.table), origin.data_version if number is None else number)
    except DataError as error:
        raise DataError(f"{trained}, which cannot be read; name a table with --table. {error}") from error
    if origin.table_id and version.table_id != origin.table_id:
        raise DataError(f"{trained}, and another table is there now; name a table with --table.")
    log.info("Evaluating on version %s of %s, the table that the model was trained on", version.number, version.table)
    return version


def _worst_classes(evaluation: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the classes of the smallest F1, of those that have rows."""
    rows = {name: scores for name, scores in evaluation["per_class"].items() if scores["support"]}
    worst = sorted(rows, key=lambda name: float(rows[name]["f1"]))[:WORST_CLASSES]
    return [{"name": name, "f1": rows[name]["f1"], "rows": rows[name]["support"]} for name in worst]


def _overlap(bundle: bundles.Bundle, version: Version, split: str) -> dict[str, Any]:
    """Warn of rows that the model was trained on; return their number, except for the training split itself."""
    if split == "train":
        return {}
    overlap = training_overlap(bundle.origin.trained_on, version, split)
    warn_of_overlap(overlap, f"The bundle {bundle.path}", split)
    return {"trained_on": overlap.model_dump(mode="json")}


def _warn_of_absent_classes(evaluation: dict[str, Any], split: str) -> None:
    absent = evaluation.get("absent") or []
    if absent:
        log.warning(
            "Not evaluated, as split %s has no row of them: %s of %s classes (%s)",
            split, len(absent), len(evaluation["classes"]), join_names(absent),
        )  # fmt: skip


def evaluator_for(bundle: bundles.Bundle, version: Version) -> Evaluator:
    """Return the evaluator for the task of `bundle`, with the classes and the training rows of the table `version`."""
    module: EvaluationInterface = target_module(version.contract.task, "evaluation")
    renderer = renderer_for(bundle.contract, bundle.path)
    return module.make_evaluator(version.contract, renderer, version.summary.training_rows)


def iter_batches(
    inference: "Inference", version: Version, split: str, columns: tuple[str, ...] = ()
) -> Iterator[EvaluationBatch]:
    """Yield every row of `split` once, with the model's prediction and the values of `columns`.

    Targets are in the order of the table's classes, predictions in that of the model's: see `ClassMatch.align`.
    """
    contract = version.contract
    target_name = contract.named("target")[0]
    plan = evaluation_plan(version, split, contract.rows_at_once(BATCH))
    stream = rank_stream(
        version, split, plan, tuple(dict.fromkeys(("path", *contract.input_names, target_name, *columns)))
    )
    with progress(split, sum(shard.rows for shard in version.split(split)), "rows") as advance:
        for rows, weights in stream.epoch(0):
            present = weights > 0
            inputs = inference.decode(rows, contract)
            predictions = inference.predict(inputs)
            sliced = {name: rows[name][present] for name in columns}
            targets = decode_targets(rows, contract)[present]
            yield EvaluationBatch(
                rows["path"][present], targets, select_rows(inputs, present), predictions[present], sliced
            )
            advance(len(targets))
