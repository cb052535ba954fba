"""Represent numeric targets in profiles of drift."""

from headrace.contract import Contract
from headrace.retrain.drift.drift_value_interfaces import ALL


def target_label(target: float, contract: Contract) -> float:
    """Return the number."""
    return target


def profile_groups(target: float, contract: Contract) -> tuple[str]:
    """Return all rows together."""
    return (ALL,)


def statistics(target: float) -> dict[str, float]:
    """Return the number itself."""
    return {"value": float(target)}
