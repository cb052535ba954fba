"""`headrace compare`: two or more trained models on the same rows of a table; the first is the reference."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from headrace.bundle_inference import Inference
from headrace.compare.choose_table_version_and_find_training_overlap import choose_version, find_overlaps, match_all
from headrace.compare.compared_models import ComparedModel, open_compared_models, settings
from headrace.compare.comparison_metrics import default_metric, scores
from headrace.compare.largest_disagreements import LargestDisagreements, describe, select_rows
from headrace.compare.paired_differences import metric_differences
from headrace.compare.prediction_computation import predict_split
from headrace.compare.row_predictions import Predictions
from headrace.contract_comparison import ClassMatch
from headrace.evaluate.mistake_renderer_interface import renderer_for
from headrace.evaluate.training_overlap import TrainingOverlap
from headrace.runs.metrics_log_reader import MetricsLog, points
from headrace.runs.settings_differences import differing
from headrace.table import Version
from headrace.targets.comparison_interface import comparison_module

log = logging.getLogger(__name__)


def compare(
    paths: Sequence[Path], table: Path | None = None, number: int | None = None, split: str = "test"
) -> dict[str, Any]:
    """Predict every row of a split with each model and return the comparison as JSON values.

    Args:
        paths: folders of complete runs or of bundles; the first is the reference of all differences.
        table: table whose rows are used; by default that on which the models were trained.
        number: version of the table; by default the newest that a model was trained on, with `table` its newest.

    Raises:
        ConfigurationError: fewer than two folders, or one of them twice.
        DataError: a folder, bundle or table is missing or damaged, or the models cannot be compared.
    """
    candidates = open_compared_models(paths)
    version = choose_version(candidates, table, number)
    matches, overlaps = match_all(candidates, version), find_overlaps(candidates, version, split)
    log.info("Comparing on the %s split of version %s of %s", split, version.number, version.table)
    models, watches = _predict(candidates, version, split, matches)
    task, classes = version.contract.task, version.contract.classes
    module = comparison_module(task)
    render = renderer_for(candidates[0].bundle.contract, candidates[0].bundle.folder)
    biased = _biased(overlaps)
    rows = select_rows(list(watches.values()))
    return {
        "task": task,
        "table": str(version.table.absolute()),
        "version": version.number,
        "split": split,
        "rows": models[candidates[0].name].rows,
        "metric": default_metric(task),
        "reference": candidates[0].name,
        "models": [_describe(one, models[one.name], task) for one in candidates],
        "trained_on": {name: overlap.model_dump(mode="json") for name, overlap in overlaps.items()},
        "differences": {name: _differences(task, models, name, biased=name in biased) for name in watches},
        **module.details(models, classes, biased),
        "disagreements": {
            "rows": {name: watch.rows for name, watch in watches.items()},
            "shown": [describe(row, models, module, classes, render) for row in rows],
        },
        "curves": curves({one.name: one.history for one in candidates}),
        "epochs": {one.name: epoch_numbers(one.history) for one in candidates},
        "settings": differing(settings(candidates)),
        "without_run": [one.name for one in candidates if one.record is None],
    }


def curves(histories: Mapping[str, MetricsLog]) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """Return (step, value) by epoch of each model, by metric; of validation where a model has it."""
    found = {}
    for name in dict.fromkeys(name for history in histories.values() for name in history.metrics):
        for key in (name, f"val_{name}"):
            lines = {model: points(history.epochs, key) for model, history in histories.items()}
            found[key] = {model: line for model, line in lines.items() if line}
    return {key: lines for key, lines in found.items() if lines}


def epoch_numbers(history: MetricsLog) -> list[tuple[float, int]]:
    """Return (last step, number from 1 on) of each epoch; one whose metrics are not finite has no point of a curve."""
    return [(line["step"], int(line.get("epoch", index)) + 1) for index, line in enumerate(history.epochs)]


def _predict(
    candidates: Sequence[ComparedModel], version: Version, split: str, matches: Sequence[ClassMatch]
) -> tuple[dict[str, Predictions], dict[str, LargestDisagreements]]:
    """Return the predictions of each model, and where those after the first disagree with it."""
    module = comparison_module(version.contract.task)
    first, *others = zip(candidates, matches, strict=True)
    reference, _ = predict_split(Inference(first[0].bundle), version, split, first[1])
    models, watches = {first[0].name: reference}, {}
    for candidate, match in others:
        watch = watches[candidate.name] = LargestDisagreements(module, reference)
        models[candidate.name], _ = predict_split(Inference(candidate.bundle), version, split, match, watch.add)
    return models, watches


def _biased(overlaps: Mapping[str, TrainingOverlap]) -> set[str]:
    """Return the models whose difference from the first is meaningless: one of the two was trained on the rows."""
    first = next(iter(overlaps))
    return {name for name, overlap in overlaps.items() if overlap.rows or overlaps[first].rows}


def _describe(candidate: ComparedModel, predictions: Predictions, task: str) -> dict[str, Any]:
    origin = candidate.bundle.origin
    return {
        "name": candidate.name,
        "path": str(candidate.path),
        "bundle": str(candidate.bundle.path),
        "weights_sha256": origin.weights_sha256,
        "table": origin.table,
        "version": origin.data_version,
        "metrics": scores(task, predictions),
    }


def _differences(task: str, models: Mapping[str, Predictions], name: str, *, biased: bool) -> dict[str, dict[str, Any]]:
    reference = next(iter(models.values()))
    found = metric_differences(task, reference, models[name])
    return {metric: difference.as_json(metric, biased=biased) for metric, difference in found.items()}
