"""Slices and score drops that the promotion gate checks for regression models."""

import math
from collections.abc import Iterator

from headrace.retrain.gate.slicing import ModelPair, Slice


def class_slices(classes: tuple[str, ...], models: ModelPair) -> Iterator[Slice]:
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
