"""Represent vectors in profiles of drift, by their norm and the mean of their components."""

import numpy as np

from headrace.contract import Contract
from headrace.targets.regression.drift_target_values import profile_groups

__all__ = ["profile_groups", "statistics", "target_label"]


def target_label(target: bytes, contract: Contract) -> bytes:
    """Return the stored components."""
    return target


def statistics(target: bytes) -> dict[str, float]:
    """Return the norm of the vector, and the mean of its components."""
    components = np.frombuffer(target, "<f4").astype(np.float64)
    return {"target norm": float(np.linalg.norm(components)), "target mean": float(components.mean())}
