"""Slices and score drops of vectors for the promotion gate, and statistics that are compared for drift."""

import numpy as np

from headrace.contract import Contract
from headrace.targets.regression.gate_slices_and_drift_statistics import (
    class_slices,
    describe_limit,
    drop,
    profile_groups,
)

__all__ = ["class_slices", "describe_limit", "drop", "profile_groups", "statistics", "target_label"]


def target_label(target: bytes, contract: Contract) -> bytes:
    """Return the stored components."""
    return target


def statistics(target: bytes) -> dict[str, float]:
    """Return the norm of the vector, and the mean of its components."""
    components = np.frombuffer(target, "<f4").astype(np.float64)
    return {"target norm": float(np.linalg.norm(components)), "target mean": float(components.mean())}
