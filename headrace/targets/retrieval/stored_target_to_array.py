"""Stored item indices as arrays."""

from headrace.targets.classification.stored_target_to_array import DTYPE, decode, target_shape

__all__ = ["DTYPE", "decode", "target_shape"]
