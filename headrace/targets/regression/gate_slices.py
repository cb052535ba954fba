"""The gate's slices of regression models."""

from collections.abc import Iterator

from headrace.retrain.gate.slicing import ModelPair, Slice


def class_slices(classes: tuple[str, ...], models: ModelPair) -> Iterator[Slice]:
    """Yield nothing: there are no classes."""
    return iter(())


def drop(before: float, after: float) -> float:
    """Return the relative increase of the error."""
    return (after - before) / max(before, 1e-9)
