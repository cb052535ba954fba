"""Statistics of windows: mean and standard deviation of all values."""

import numpy as np

from headrace.contract import Contract


def statistics(payload: bytes, contract: Contract) -> dict[str, float]:
    """Return the mean and the standard deviation of all values of the window."""
    column = contract.named("input")[1]
    values = np.frombuffer(payload, np.dtype(column.dtype).newbyteorder("<"))
    return {"level": float(values.mean()), "spread": float(values.std())}
