"""Slices of the test split, on each of which a challenger must not be much worse than the champion."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headrace.compare.metrics import metric_label
from headrace.compare.predictions import Predictions
from headrace.config.sections.retraining import Metric
from headrace.evaluate.row_partitions import by_class

SLICE_METRICS: dict[str, Metric] = {
    "classification": "accuracy",
    "multi_label": "macro_f1",
    "regression": "mean_absolute_error",
}


class ModelPair(NamedTuple):
    """The predictions of both models for the same rows."""

    champion: Predictions
    challenger: Predictions


class Slice(NamedTuple):
    """One slice of the test split.

    Attributes:
        label: name of the metric and of the slice.
        rows: number of rows; for a label, number of rows that have it.
        models: predictions of both models for these rows.
    """

    label: str
    metric: Metric
    rows: int
    models: ModelPair


def make_slices(task: str, classes: tuple[str, ...], models: ModelPair, paths: Mapping[str, str]) -> Iterator[Slice]:
    """Yield a slice for each class that occurs, then one for each named pattern of `paths`.

    A class is measured by the accuracy of its rows, which is its recall. A label of a multi-label task is measured by
    its F1 over all rows, because a model that predicts it for every row has a recall of 1.
    """
    metric = SLICE_METRICS[task]
    if task == "multi_label":
        yield from _labels(classes, models)
    else:
        for partition in by_class(models.champion.true, classes):
            yield _select(metric, f"class {partition.name!r}", partition.rows, models)
    for name, pattern in paths.items():
        matches = [fnmatchcase(path, pattern) for path in models.champion.paths.tolist()]
        yield _select(metric, name, np.array(matches, bool), models)


def _labels(classes: tuple[str, ...], models: ModelPair) -> Iterator[Slice]:
    for index, name in enumerate(classes):
        support = int(models.champion.true[:, index].sum())
        if support:
            # Macro F1 over a single label is the label's F1.
            label_models = ModelPair(*(predictions.for_label(index) for predictions in models))
            yield Slice(f"f1 of label {name!r}", "macro_f1", support, label_models)


def _select(metric: Metric, name: str, rows: NDArray[Any], models: ModelPair) -> Slice:
    selected = ModelPair(*(predictions.select(rows) for predictions in models))
    return Slice(f"{metric_label(metric)} of {name}", metric, selected.champion.rows, selected)
