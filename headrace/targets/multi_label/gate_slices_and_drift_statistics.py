"""Slices and score drops of labels for the promotion gate, and statistics that are compared for drift."""

from collections.abc import Iterator, Mapping

import numpy as np

from headrace.contract import Contract
from headrace.prepare.encoders.label_text import INDEX_TYPE
from headrace.retrain.gate.slicing import ModelPair, Slice
from headrace.targets.classification.gate_slices_and_drift_statistics import describe_limit, drop
from headrace.targets.multi_label.kind_traits import TRAITS

__all__ = ["class_slices", "describe_limit", "drop"]


def class_slices(classes: tuple[str, ...], models: ModelPair, training_rows: Mapping[str, int]) -> Iterator[Slice]:
    """Yield a slice for each label: its F1 over all rows, because a model that always predicts it has a recall of 1."""
    for index, name in enumerate(classes):
        support = int(models.champion.true[:, index].sum())
        if support:
            # Macro F1 over a single label is the label's F1.
            label_models = ModelPair(*(predictions.for_label(index) for predictions in models))
            yield Slice(f"f1 of label {name!r}", TRAITS.slice_metric, support, label_models)


NO_LABEL = "no label"


def target_label(target: bytes, contract: Contract) -> tuple[str, ...]:
    """Return the sorted names of the labels."""
    return tuple(sorted(profile_groups(target, contract)))


def profile_groups(target: bytes, contract: Contract) -> tuple[str, ...]:
    """Return the labels, or `NO_LABEL`."""
    return tuple(contract.classes[index] for index in np.frombuffer(target, INDEX_TYPE).tolist()) or (NO_LABEL,)


def statistics(target: bytes) -> dict[str, float]:
    """Return an empty dict: labels are counted instead."""
    return {}
