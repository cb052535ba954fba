"""Slices and score drops that the promotion gate checks for multi-label models."""

from collections.abc import Iterator

from headrace.retrain.gate.slicing import ModelPair, Slice
from headrace.targets.classification.gate_drop_and_slices import describe_limit, drop
from headrace.targets.multi_label.kind_properties import TRAITS

__all__ = ["class_slices", "describe_limit", "drop"]


def class_slices(classes: tuple[str, ...], models: ModelPair) -> Iterator[Slice]:
    """Yield a slice for each label: its F1 over all rows, because a model that always predicts it has a recall of 1."""
    for index, name in enumerate(classes):
        support = int(models.champion.true[:, index].sum())
        if support:
            # Macro F1 over a single label is the label's F1.
            label_models = ModelPair(*(predictions.for_label(index) for predictions in models))
            yield Slice(f"f1 of label {name!r}", TRAITS.slice_metric, support, label_models)
