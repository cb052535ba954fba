"""Parts of the test split in which a challenger must not be much worse than the champion."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headrace.config.sections.retraining import Metric
from headrace.evaluate.partitions import by_class
from headrace.retrain.gate.metrics import metric_label
from headrace.retrain.gate.predictions import Predictions

SLICE_METRICS: dict[str, Metric] = {
    "classification": "accuracy",
    "multi_label": "macro_f1",
    "regression": "mean_absolute_error",
}


class ModelPair(NamedTuple):
    """What both models said to the same rows."""

    champion: Predictions
    challenger: Predictions


class Slice(NamedTuple):
    """One part.

    Attributes:
        measured: what is measured, and of what.
        rows: how many there are; of a label those that have it.
    """

    measured: str
    metric: Metric
    rows: int
    both: ModelPair


def make_slices(task: str, classes: tuple[str, ...], both: ModelPair, paths: Mapping[str, str]) -> Iterator[Slice]:
    """Every class that is there, then the rows of each pattern of `paths`, by its name.

    A class is measured by the accuracy of its rows, which is its recall. A label, which a row has besides others, is
    measured by its F1 over all rows: a model that gives it to every row has a recall of 1.
    """
    metric = SLICE_METRICS[task]
    if task == "multi_label":
        yield from _labels(classes, both)
    else:
        for part in by_class(both.champion.true, classes):
            yield _chosen(metric, f"class {part.name!r}", part.rows, both)
    for name, pattern in paths.items():
        found = [fnmatchcase(path, pattern) for path in both.champion.paths.tolist()]
        yield _chosen(metric, name, np.array(found, bool), both)


def _labels(classes: tuple[str, ...], both: ModelPair) -> Iterator[Slice]:
    for number, name in enumerate(classes):
        support = int(both.champion.true[:, number].sum())
        if support:
            # The mean over one label is that of the label.
            of_label = ModelPair(*(answers.for_label(number) for answers in both))
            yield Slice(f"f1 of label {name!r}", "macro_f1", support, of_label)


def _chosen(metric: Metric, name: str, rows: NDArray[Any], both: ModelPair) -> Slice:
    chosen = ModelPair(*(answers.select(rows) for answers in both))
    return Slice(f"{metric_label(metric)} of {name}", metric, chosen.champion.rows, chosen)
