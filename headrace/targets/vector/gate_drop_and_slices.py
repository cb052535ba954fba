"""Slices and score drops that the promotion gate checks for vectors: those of numbers."""

from headrace.targets.regression.gate_drop_and_slices import class_slices, describe_limit, drop

__all__ = ["class_slices", "describe_limit", "drop"]
