"""Slices of the test split on which a challenger must not be much worse than the champion."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from headrace.compare.comparison_metrics import metric_label
from headrace.compare.row_predictions import Predictions
from headrace.targets.target_kind_loader import target_module, target_traits


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
    metric: str
    rows: int
    models: ModelPair


class GateDropAndSlicesInterface(Protocol):
    """The module `gate_slices_and_drift_statistics` of a target kind."""

    def class_slices(
        self, classes: tuple[str, ...], models: ModelPair, training_rows: Mapping[str, int]
    ) -> Iterator[Slice]:
        """Yield a slice for each class that occurs in the rows, or for each group of items.

        Args:
            training_rows: rows of the training split by class name.
        """

    def drop(self, before: float, after: float) -> float:
        """Return by how much the metric of a slice became worse, to compare with `retrain.gate.slices.max_drop`."""

    def describe_limit(self, max_drop: float) -> str:
        """Return what is expected of a slice."""


def gate_drop_and_slices_module(task: str) -> GateDropAndSlicesInterface:
    """Return the gate's part of the target kind `task`."""
    module: GateDropAndSlicesInterface = target_module(task, "gate_slices_and_drift_statistics")
    return module


def make_slices(
    task: str,
    classes: tuple[str, ...],
    models: ModelPair,
    paths: Mapping[str, str],
    training_rows: Mapping[str, int],
) -> Iterator[Slice]:
    """Yield a slice for each class that occurs, or each group of items, then one for each named pattern of `paths`."""
    metric = target_traits(task).slice_metric
    yield from gate_drop_and_slices_module(task).class_slices(classes, models, training_rows)
    for name, pattern in paths.items():
        matches = [fnmatchcase(path, pattern) for path in models.champion.paths.tolist()]
        yield select_rows(metric, name, np.array(matches, bool), models)


def select_rows(metric: str, name: str, rows: NDArray[Any], models: ModelPair) -> Slice:
    """Return the slice of the indices `rows`, or of the rows where the mask `rows` is true."""
    selected = ModelPair(*(predictions.select(rows) for predictions in models))
    return Slice(f"{metric_label(metric)} of {name}", metric, selected.champion.rows, selected)
