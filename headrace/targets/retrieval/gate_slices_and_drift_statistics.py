"""Slices and score drops of items for the promotion gate, and statistics that are compared for drift."""

from collections.abc import Iterator, Mapping

from headrace.contract import Contract
from headrace.evaluate.item_popularity import by_popularity, training_counts
from headrace.retrain.drift.drift_value_interfaces import ALL
from headrace.retrain.gate.slicing import ModelPair, Slice, select_rows
from headrace.targets.classification.gate_slices_and_drift_statistics import describe_limit, drop, target_label
from headrace.targets.retrieval.kind_traits import TRAITS

__all__ = ["class_slices", "describe_limit", "drop", "profile_groups", "statistics", "target_label"]


def class_slices(classes: tuple[str, ...], models: ModelPair, training_rows: Mapping[str, int]) -> Iterator[Slice]:
    """Yield a slice for the frequent, the medium and the rare items: a third of the training rows each."""
    for partition in by_popularity(models.champion.true, training_counts(classes, training_rows)):
        yield select_rows(TRAITS.slice_metric, f"items of the {partition.name}", partition.rows, models)


def profile_groups(target: int, contract: Contract) -> tuple[str]:
    """Return all rows together: most of thousands of items have too few rows to compare their shares."""
    return (ALL,)


def statistics(target: int) -> dict[str, float]:
    """Return an empty dict: an index means nothing."""
    return {}
