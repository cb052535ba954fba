"""Slices and score drops of numbers for the promotion gate, and statistics that are compared for drift."""

import math
from collections.abc import Iterator, Mapping

from headrace.contract import Contract
from headrace.retrain.drift.drift_value_interfaces import ALL
from headrace.retrain.gate.slicing import ModelPair, Slice


def class_slices(classes: tuple[str, ...], models: ModelPair, training_rows: Mapping[str, int]) -> Iterator[Slice]:
    """Yield nothing: there are no classes."""
    return iter(())


def drop(before: float, after: float) -> float:
    """Return the relative increase of the error, whatever its unit; infinite if there was none before."""
    if before == 0:
        return math.inf if after > 0 else 0.0
    return (after - before) / before


def describe_limit(max_drop: float) -> str:
    """Return by how much the error may grow."""
    return f"an increase of {100 * max_drop:g}% or less"


def target_label(target: float, contract: Contract) -> float:
    """Return the number."""
    return target


def profile_groups(target: float, contract: Contract) -> tuple[str]:
    """Return all rows together."""
    return (ALL,)


def statistics(target: float) -> dict[str, float]:
    """Return the number itself."""
    return {"value": float(target)}
