"""A model as the gate sees it: its predictions for the test split, its latency and its size, and their measurement."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from headrace import bundle as bundles
from headrace.bundle_inference import Inference
from headrace.compare.comparison_metrics import scores
from headrace.compare.prediction_computation import predict_split
from headrace.compare.row_predictions import Predictions
from headrace.contract_comparison import ClassMatch
from headrace.errors import DataError
from headrace.evaluate.class_match_with_table import match_classes
from headrace.one_or_several_inputs import Inputs
from headrace.table import Version


@dataclass(frozen=True, kw_only=True)
class ScoredModel:
    """One model's predictions for the test split, with its latency and size.

    Attributes:
        milliseconds: median latency of a prediction for one row.
        size_bytes: size of the bundle's files, without evaluations.
    """

    predictions: Predictions
    milliseconds: float
    size_bytes: int


def compute_metrics(task: str, model: ScoredModel) -> dict[str, Any]:
    """Return the metrics, latency and size of a model, as written to the journal."""
    return {
        "metrics": scores(task, model.predictions),
        "milliseconds": model.milliseconds,
        "size_bytes": model.size_bytes,
    }


LATENCY_ROUNDS = 50
WARM_UP_ROUNDS = 5


def score_models(paths: Mapping[str, Path], version: Version, split: str) -> dict[str, ScoredModel]:
    """Return the predictions of each bundle's model for every row of a split, by bundle name.

    Raises:
        DataError: a bundle or the table is missing or damaged, or a model does not match the rows.
    """
    loaded = {name: bundles.load(path) for name, path in paths.items()}
    matches = {name: _match(bundle, version, split) for name, bundle in loaded.items()}
    models = {name: Inference(bundle) for name, bundle in loaded.items()}
    predictions: dict[str, Predictions] = {}
    for name, model in models.items():
        predictions[name], sample = predict_split(model, version, split, matches[name])
    latencies = _measure_latency(models, sample)
    return {
        name: ScoredModel(predictions=predictions[name], milliseconds=latencies[name], size_bytes=_size(bundle))
        for name, bundle in loaded.items()
    }


def _match(bundle: bundles.Bundle, version: Version, split: str) -> ClassMatch:
    """Return how the bundle's classes match the table's; either may know classes that were added later.

    Classes of the table that no row of the split has are not compared.
    """
    try:
        return match_classes(bundle, version, absent=version.summary.classes_without_rows(split), may_grow=True)
    except DataError as error:
        raise DataError(
            f"The bundle {bundle.path} cannot be evaluated on version {version.number} of {version.table}: {error} "
            "Set retrain.test_version to a version with the same preparation, and start over with --force."
        ) from error


def _measure_latency(models: Mapping[str, Inference], sample: Inputs) -> dict[str, float]:
    """Return the median latency for one row in milliseconds; models alternate, so other load affects all equally."""
    times: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(WARM_UP_ROUNDS + LATENCY_ROUNDS):
        for name, model in models.items():
            start = time.perf_counter()
            model.predict(sample)
            times[name].append(time.perf_counter() - start)
    return {name: round(float(np.median(rounds[WARM_UP_ROUNDS:])) * 1000, 3) for name, rounds in times.items()}


def _size(bundle: bundles.Bundle) -> int:
    return sum((bundle.folder / name).stat().st_size for name in bundle.files)
