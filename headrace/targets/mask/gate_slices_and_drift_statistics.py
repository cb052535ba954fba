"""Slices and score drops of masks for the promotion gate, and statistics that are compared for drift."""

from collections.abc import Iterator, Mapping

import numpy as np

from headrace.contract import IGNORED_PIXEL, Contract
from headrace.retrain.gate.slicing import ModelPair, Slice, select_rows
from headrace.targets.classification.gate_slices_and_drift_statistics import describe_limit, drop
from headrace.targets.mask.kind_traits import TRAITS

__all__ = ["class_slices", "describe_limit", "drop", "profile_groups", "statistics", "target_label"]


def class_slices(classes: tuple[str, ...], models: ModelPair, training_rows: Mapping[str, int]) -> Iterator[Slice]:
    """Yield a slice for each class: the mean IoU of the rows that have pixels of it."""
    for index, name in enumerate(classes):
        rows = (models.champion.true == index).any((1, 2))
        if rows.any():
            yield select_rows(TRAITS.slice_metric, f"images with {name!r}", rows, models)


def target_label(target: bytes, contract: Contract) -> bytes:
    """Return the stored mask with class numbers that depend on the names only."""
    numbers = np.full(IGNORED_PIXEL + 1, IGNORED_PIXEL, np.uint8)
    order = sorted(range(len(contract.classes)), key=lambda index: contract.classes[index])
    numbers[order] = np.arange(len(order))
    return numbers[np.frombuffer(target, np.uint8)].tobytes()


def profile_groups(target: bytes, contract: Contract) -> tuple[str, ...]:
    """Return the classes of the pixels."""
    counts = np.bincount(np.frombuffer(target, np.uint8), minlength=IGNORED_PIXEL + 1)[:IGNORED_PIXEL]
    return tuple(contract.classes[index] for index in np.flatnonzero(counts).tolist())


def statistics(target: bytes) -> dict[str, float]:
    """Return the share of pixels that are not of the most frequent class, and the share that is ignored."""
    counts = np.bincount(np.frombuffer(target, np.uint8), minlength=IGNORED_PIXEL + 1)
    counted = int(counts[:IGNORED_PIXEL].sum())
    return {
        "share of other classes than the most frequent": 1 - float(counts[:IGNORED_PIXEL].max()) / max(1, counted),
        "share of ignored pixels": float(counts[IGNORED_PIXEL]) / len(target),
    }
