"""Slices and score drops of classes for the promotion gate, and statistics that are compared for drift."""

from collections.abc import Iterator, Mapping

from headrace.contract import Contract
from headrace.evaluate.row_slices_by_value import by_class
from headrace.retrain.gate.slicing import ModelPair, Slice, select_rows
from headrace.targets.classification.kind_traits import TRAITS


def class_slices(classes: tuple[str, ...], models: ModelPair, training_rows: Mapping[str, int]) -> Iterator[Slice]:
    """Yield a slice for each class: the accuracy of its rows, which is its recall."""
    for partition in by_class(models.champion.true, classes):
        yield select_rows(TRAITS.slice_metric, f"class {partition.name!r}", partition.rows, models)


def drop(before: float, after: float) -> float:
    """Return by how much the score fell, in its own unit."""
    return before - after


def describe_limit(max_drop: float) -> str:
    """Return by how much the score may fall."""
    return f"a drop of {max_drop:g} or less"


def target_label(target: int, contract: Contract) -> str:
    """Return the name of the class."""
    return contract.classes[target]


def profile_groups(target: int, contract: Contract) -> tuple[str]:
    """Return the class."""
    return (contract.classes[target],)


def statistics(target: int) -> dict[str, float]:
    """Return an empty dict: classes are counted instead."""
    return {}
