"""Targets that are numbers, which have no names."""

import pyarrow as pa

from headrace.contract import Contract

NAME, TYPE = "true_value", pa.float32()


def named_targets(stored: pa.Array, contract: Contract) -> pa.Array:
    """Return the numbers."""
    return stored
