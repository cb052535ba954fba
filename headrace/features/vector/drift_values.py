"""Values of a stored vector that are compared for drift."""

import numpy as np

from headrace.contract import Contract


def statistics(payload: bytes, contract: Contract) -> dict[str, float]:
    """Return the length of the vector, and the mean of its components."""
    components = np.frombuffer(payload, "<f4").astype(np.float64)
    return {"length": float(np.linalg.norm(components)), "level": float(components.mean())}
