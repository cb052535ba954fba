"""Statistics of windows: mean and standard deviation of all values."""

import numpy as np

from headrace.contract import Column


def statistics(payload: bytes, column: Column) -> dict[str, float]:
    """Return the mean and the standard deviation of all values of the window."""
    values = np.frombuffer(payload, np.dtype(column.dtype).newbyteorder("<"))
    return {"level": float(values.mean()), "spread": float(values.std())}
